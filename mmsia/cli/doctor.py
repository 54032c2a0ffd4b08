"""`mmsia doctor`: what is installed, what is missing, and the line that mends it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from mmsia.environment import (
    Finding,
    absent_module,
    examine_owners,
    examine_packages,
    import_error,
)
from mmsia.errors import MissingPartError
from mmsia.mmcv_ext import is_stand_in
from mmsia.paths import project_root

HELP = "what is installed, what is missing, and the line that mends it"

SUPPORTED = ((3, 11), (3, 12))
LOW_DISK_GB = 10
LOW_SHARED_GB = 1
SHARED = Path("/dev/shm")  # noqa: S108, looked at, never written
DRIVER = Path("/proc/driver/nvidia/version")
COCO_PARTS = (
    "annotations/person_keypoints_train2017.json",
    "annotations/person_keypoints_val2017.json",
    "train2017",
    "val2017",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `mmsia doctor`.

    Args:
        parser: Parser of the verb.
    """
    parser.add_argument(
        "--data-root", type=Path, help="folder of the data sets, to be looked at too"
    )


def run(args: argparse.Namespace) -> int:
    """Print the diagnosis.

    Args:
        args: Parsed options.

    Returns:
        0 if everything is there that mmsia needs, else 1.
    """
    findings = []
    for finding in diagnose(args.data_root):
        # One by one: importing the stack takes seconds.
        print(render(finding), flush=True)
        findings.append(finding)
    fatal = [finding.name for finding in findings if finding.fatal]
    if fatal:
        print(f"\nmmsia cannot work here yet: mend {', '.join(fatal)}.")
        print("`make setup` in the checkout installs everything in one go.")
        return 1
    print("\nEverything that mmsia needs is here.")
    return 0


def render(finding: Finding) -> str:
    """Return a finding as a line, and its cure as a second one.

    Args:
        finding: What to print.
    """
    amiss = finding.status in ("missing", "broken")
    optional = " (optional)" if amiss and not finding.mandatory else ""
    line = f"{finding.status:<8} {finding.name:<18} {finding.detail}{optional}"
    return line if finding.mend is None else f"{line}\n{'':<9}-> {finding.mend}"


def diagnose(data_root: Path | None = None) -> Iterator[Finding]:
    """Yield every finding, in the order in which one needs the other.

    Args:
        data_root: Folder of the data sets, if they are to be looked at.
    """
    yield examine_python()
    yield from examine_packages()
    yield from examine_owners()
    yield examine_devices()
    yield examine_operators()
    yield examine_registration()
    yield examine_checkout()
    yield examine_disk(Path.cwd())
    yield from examine_shared_memory(SHARED)
    yield examine_samples(os.environ.get("MMSIA_SAMPLES"))
    if data_root is not None:
        yield from examine_data(data_root)


def examine_python() -> Finding:
    """Return whether this Python is one that was verified."""
    version, where = sys.version.split()[0], sys.executable
    if sys.version_info[:2] in SUPPORTED:
        return Finding("python", "ok", f"{version} ({where})")
    detail = f"expected 3.11 or 3.12, got {version} ({where})"
    return Finding("python", "broken", detail, "make setup PYTHON=/path/to/python3.11")


def examine_devices(driver: Path = DRIVER) -> Finding:
    """Return the CUDA devices that torch sees, and whether it should see some.

    Args:
        driver: Where NVIDIA's driver tells its version, if there is one.
    """
    if import_error("torch") is not None:
        return Finding("devices", "note", "unknown without torch", mandatory=False)
    import torch

    if torch.cuda.is_available():
        cards = [
            torch.cuda.get_device_properties(index)
            for index in range(torch.cuda.device_count())
        ]
        names = [f"{card.name} ({card.total_memory / 2**30:.0f} GiB)" for card in cards]
        detail = f"CUDA {torch.version.cuda}: {', '.join(names)}"
        return Finding("devices", "ok", detail, mandatory=False)
    if not driver.is_file():
        detail = f"CPU only, {os.cpu_count()} cores"
        return Finding("devices", "note", detail, mandatory=False)
    built = f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU alone"
    return Finding(
        "devices",
        "broken",
        f"an NVIDIA driver is here, but torch, built for {built}, sees no device",
        "nvidia-smi  # names the newest CUDA of this driver: install a torch and "
        "torchvision built for no newer one, or a newer driver",
        mandatory=False,
    )


def examine_operators() -> Finding:
    """Return whether mmcv's compiled operators are real or mmsia's stand-in."""
    try:
        stand_in = is_stand_in()
    except ImportError:
        return Finding("mmcv._ext", "note", "unknown without mmcv", mandatory=False)
    if stand_in:
        detail = "mmsia's stand-in: nms, RoIAlign, DCN, focal loss from torchvision"
        return Finding("mmcv._ext", "note", detail, mandatory=False)
    error = import_error("mmcv._ext")
    if error is None:
        return Finding("mmcv._ext", "ok", "compiled operators", mandatory=False)
    return Finding(
        "mmcv._ext",
        "broken",
        f"compiled operators that do not load: {error}".splitlines()[0],
        "pip install --force-reinstall --no-deps onedl-mmcv  # without operators",
    )


def examine_registration() -> Finding:
    """Return whether `mmsia.all` registers, which needs all of the above."""
    error = import_error("mmsia.all")
    if error is None:
        return Finding("mmsia.all", "ok", "registers with MMPose and MMDetection")
    missing = absent_module(error)
    reason = f"needs {missing}" if missing else f"{type(error).__name__}: {error}"
    return Finding("mmsia.all", "broken", reason.splitlines()[0], "make setup")


def examine_checkout() -> Finding:
    """Return whether configs/ and reproduce/ are beside the package."""
    try:
        return Finding("checkout", "ok", str(project_root()), mandatory=False)
    except MissingPartError as error:
        cure = "pip install --no-deps --no-build-isolation -e /path/to/the/checkout"
        return Finding("checkout", "missing", error.problem, cure, mandatory=False)


def examine_disk(folder: Path) -> Finding:
    """Return the free space.

    Args:
        folder: Where results are written.
    """
    free = shutil.disk_usage(folder).free / 1e9
    low = f", less than {LOW_DISK_GB} GB: checkpoints may not fit"
    detail = f"{free:.0f} GB free in {folder}" + (low if free < LOW_DISK_GB else "")
    return Finding("disk", "note", detail, mandatory=False)


def examine_shared_memory(place: Path) -> Iterator[Finding]:
    """Yield that there is little memory for the workers of data loaders, if so.

    Args:
        place: Where the system keeps it; one without it is passed over.
    """
    if not place.is_dir():
        return
    free = shutil.disk_usage(place).free / 1e9
    if free < LOW_SHARED_GB:
        detail = f"{free:.2f} GB free in {place}: workers of data loaders may be killed"
        cure = "docker run --shm-size=8g ...  # or train with num_workers=0"
        yield Finding("shared memory", "note", detail, cure, mandatory=False)


def examine_samples(value: str | None) -> Finding:
    """Return whether the tests on real samples can run.

    Args:
        value: The environment variable MMSIA_SAMPLES.
    """
    name = "MMSIA_SAMPLES"
    cure = f"export {name}=/path/to/samples"
    if not value:
        detail = "not set: tests on real samples are skipped"
        return Finding(name, "note", detail, mandatory=False)
    if not Path(value).is_dir():
        detail = f"names {value}, which is not a folder"
        return Finding(name, "missing", detail, cure, mandatory=False)
    return Finding(name, "ok", value, mandatory=False)


def examine_data(data_root: Path) -> Iterator[Finding]:
    """Yield what is there of the data sets that mmsia's methods use.

    Args:
        data_root: Folder of the data sets.
    """
    coco = data_root / "coco"
    missing = [part for part in COCO_PARTS if not (coco / part).exists()]
    if not missing:
        yield Finding("coco", "ok", str(coco), mandatory=False)
        return
    yield Finding(
        "coco",
        "missing",
        f"{coco} lacks {', '.join(missing)}",
        f"unpack COCO 2017's images and annotations into {coco}",
        mandatory=False,
    )
