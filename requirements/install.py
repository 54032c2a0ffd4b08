"""Makes `.venv` with the whole stack, or does nothing if it is there: `make setup`.

Finished set-ups leave a stamp that is named by a digest of their inputs (setup.py,
requirements/, the Python version), so that only a changed content installs again. An
interrupted one is finished by the next call. Standard library only: nothing is
installed yet when this runs.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHONS = ((3, 11), (3, 12))
STAMP = ".mmsia-installed-"


@dataclass(frozen=True)
class Stage:
    """One call of pip: a line of the set-up.

    Args:
        name: What the line says.
        args: Arguments of `pip install`.
        hint: What a failure here most often means.
    """

    name: str
    args: tuple[str, ...]
    hint: str = "Check the network and pip's index, then run `make setup` again."


def lists(*names: str) -> tuple[str, ...]:
    """Return pip's arguments for lists of requirements/ under the constraints."""
    given = [f"requirements/{name}.txt" for name in names]
    args = ["-c", "requirements/constraints.txt"]
    return (*args, *(word for path in given for word in ("-r", path)))


STAGES = (
    Stage("torch and torchvision", lists("torch")),
    Stage("numeric and image packages", lists("base", "openmmlab-needs")),
    Stage("ruff, mypy, pytest", lists("dev")),
    Stage("ray, submitit", lists("cluster")),
    Stage("mmengine, mmcv, mmdet, mmpose", ("--no-deps", *lists("openmmlab"))),
    Stage(
        "xtcocotools, built here",
        (
            "--no-deps",
            "--no-build-isolation",
            "--no-binary=xtcocotools",
            # pip may hold a wheel that was built against another numpy.
            "--no-cache-dir",
            *lists("from-source"),
        ),
        "It is compiled against the installed numpy: install gcc (Debian: "
        "`apt-get install gcc`), then run `make setup` again.",
    ),
    Stage("mmsia, editable", ("--no-deps", "--no-build-isolation", "-e", ".")),
)


def main() -> int:
    """Make or reuse `.venv`; return the exit status."""
    version = sys.version_info[:2]
    if version not in PYTHONS:
        print(
            f"set-up: expected Python 3.11 or 3.12, got {version[0]}.{version[1]} "
            f"({sys.executable}). Run `make setup PYTHON=/path/to/python3.11`.",
            file=sys.stderr,
        )
        return 2
    with one_at_a_time():
        stamp = VENV / f"{STAMP}{digest()}"
        if stamp.exists() and usable(VENV):
            return 0
        start = time.monotonic()
        make_venv()
        for number, stage in enumerate(STAGES, start=1):
            if not install(stage, f"{number}/{len(STAGES)}"):
                return 1
        for old in VENV.glob(f"{STAMP}*"):
            old.unlink()
        stamp.touch()
        print(f"set-up: done in {time.monotonic() - start:.0f} s", flush=True)
    return 0


@contextmanager
def one_at_a_time():
    """Hold a lock, so that a second `make` waits for the first one's set-up.

    pip inherits it: should this process be killed, the next call waits for pip's end.
    """
    descriptor = os.open(ROOT / "requirements", os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def digest() -> str:
    """Return 16 hexadecimal digits for the content of everything that is installed."""
    result = hashlib.sha256(repr(sys.version_info[:3]).encode())
    paths = [ROOT / "setup.py", *sorted((ROOT / "requirements").glob("*.*"))]
    for path in paths:
        content = path.read_bytes()
        result.update(f"{path.name} {len(content)}\n".encode() + content)
    return result.hexdigest()[:16]


def usable(venv: Path) -> bool:
    """Return whether a virtual environment runs, has pip and this Python's version."""
    code = "import pip, sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run(
            [venv / "bin" / "python", "-c", code], capture_output=True, text=True
        )
    except OSError:
        return False
    return done.stdout.split() == [str(number) for number in sys.version_info[:2]]


def make_venv() -> None:
    """Make `.venv`, or mend what an interrupted set-up left of it."""
    print(f"set-up: {VENV.name} with Python {sys.version.split()[0]}", flush=True)
    if usable(VENV):
        for folder in VENV.glob("lib/python*/site-packages"):
            for name in forget_broken(folder):
                print(f"set-up: {name} was half installed, installing it again")
        return
    # Run from inside a .venv that is being replaced, venv must use its base.
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--clear", VENV], check=True)


def forget_broken(folder: Path) -> list[str]:
    """Remove pip's record of packages whose files are not all there.

    pip takes a package for installed if its record exists, also when it was killed in
    the middle; without the record it installs the package again over the remains.

    Args:
        folder: A site-packages folder.

    Returns:
        Names of the packages that pip will now install again.
    """
    for rest in folder.glob("~*"):
        shutil.rmtree(rest, ignore_errors=True)
    broken = [path for path in folder.glob("*.dist-info") if not whole(path)]
    for path in broken:
        shutil.rmtree(path)
    return [path.name.removesuffix(".dist-info") for path in broken]


def whole(dist_info: Path) -> bool:
    """Return whether all files of an installed package exist in their recorded size.

    Args:
        dist_info: Its .dist-info folder.
    """
    record = dist_info / "RECORD"
    if not record.is_file() or not (dist_info / "METADATA").is_file():
        return False
    with record.open(newline="", encoding="utf-8") as file:
        for name, _hash, size, *_ in csv.reader(file):
            path = dist_info.parent / name
            # Bytecode is written after the record and may be missing or anew.
            if path.suffix == ".pyc":
                continue
            if not path.is_file() or (size and path.stat().st_size != int(size)):
                return False
    return True


def install(stage: Stage, number: str) -> bool:
    """Run one stage, print its line and return whether it succeeded."""
    start = time.monotonic()
    print(f"set-up: {number} {stage.name:<30}", end="", flush=True)
    pip = [VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "install", "--quiet", "--no-input", *stage.args],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        close_fds=False,
    )
    print(f"{time.monotonic() - start:5.0f} s", flush=True)
    if done.returncode != 0:
        print("\n".join(done.stdout.splitlines()[-30:]), file=sys.stderr)
        print(f"set-up: {stage.name} failed. {stage.hint}", file=sys.stderr)
        print("set-up: docs/install.md lists errors and cures.", file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nset-up: interrupted; the next `make` finishes it")
