"""Trains on a small file system of its own that fills up, then turns read-only.

Run by `unshare -rm`, with a folder to mount on and a pickled request whose folder lies
below it. Prints one line for each thing that was seen.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from mmsia.bench.training import train
from mmsia.engine.sealed_files import find_damage
from mmsia.errors import MMSIAError

SPARE = 1 << 16
"""Bytes left for logs when the disk is full: less than a checkpoint."""


def fill(path: Path, spare: int) -> None:
    """Write until that many bytes are left."""
    stat = os.statvfs(path.parent)
    with open(path, "wb") as file:
        file.write(b"\0" * (stat.f_bavail * stat.f_frsize - spare))


def try_to_train(request) -> None:
    """Train; say what came of it and what is in the folder."""
    folder = request.work_dir
    try:
        print("digest", train(request).digest)
    except MMSIAError as error:
        print("error", type(error).__name__, error)
    whole = [p.name for p in folder.glob("*.pth") if find_damage(p) is None]
    print("whole", *sorted(whole))
    print("half", *sorted(p.name for p in folder.rglob(".*")))
    print("last", Path((folder / "last_checkpoint").read_text()).name, flush=True)


def apart(function, *args) -> None:
    """Run in a process of its own: open logs would keep the disk from turning."""
    sys.stdout.flush()
    process = multiprocessing.get_context("fork").Process(target=function, args=args)
    process.start()
    process.join()


def main(mount: Path, pickled: Path) -> None:
    """Fill the disk behind the first checkpoint, and let the same request go on."""
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(mount)], check=True
    )
    request = pickle.loads(pickled.read_bytes())  # noqa: S301, made by the test
    filler = mount / "filler"

    def fill_late(done: int, total: int) -> None:
        if done == 5:
            fill(filler, SPARE)

    apart(try_to_train, replace(request, on_progress=fill_late))
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
    apart(try_to_train, request)
    subprocess.run(["mount", "-o", "remount,rw", str(mount)], check=True)
    apart(try_to_train, request)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
