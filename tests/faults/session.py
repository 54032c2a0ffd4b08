"""A session of the real command line whose three runs take no time, for faults.

`python tests/faults/session.py WORDS...` is `mmsia WORDS...` with a stand-in for the
oracle's measurement. Runs are made by the real local executor: its processes import
this file again, so that they find the stand-in too. Environment variables ask for
faults; each run first leaves a line in the file that MADE names.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from mmsia import files
from mmsia.bench import measures
from mmsia.bench.executors.local import LocalExecutor
from mmsia.bench.measurement import Measurement, Request


def measure(request: Request) -> Measurement:
    """A score that depends on the settings and the seed alone."""
    stride = request.settings["codec"].get("heatmap_stride")
    name = f"{request.settings['codec']['limbs']}-{stride}"
    with open(os.environ["MADE"], "a") as made:
        made.write(f"{name} {os.getpid()}\n")
    request.on_progress(1, 2)
    _fault(name)
    time.sleep(float(os.environ.get("SECONDS", "0")))
    rng = np.random.default_rng((request.seed, zlib.crc32(name.encode())))
    size = int(os.environ.get("NUM_POSES", "10"))
    return Measurement(
        scores={"ap": float(rng.uniform(50, 60))},
        intervals={"ap": (50.0, 60.0)},
        counts={"num_images": len(request.data.records)},
        predictions=[_pose(request, rng) for _ in range(size)],
    )


def _pose(request: Request, rng: np.random.Generator) -> dict[str, Any]:
    return {
        "image_id": request.data.records[0].image_id,
        "category_id": 1,
        "keypoints": rng.uniform(0, 100, 51).tolist(),
        "score": rng.random(),
    }


def _fault(name: str) -> None:
    """What FAULT asks for, in the run whose name AT is the beginning of."""
    fault = os.environ.get("FAULT", "")
    if not fault or not name.startswith(os.environ.get("AT", "")):
        return
    if fault == "hang":
        # With a process of its own, which must not outlive it either.
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(os.environ["MADE"]).with_name("grandchild").write_text(str(child.pid))
        time.sleep(60)
    elif fault == "raise":
        raise ZeroDivisionError("a defect")
    elif fault == "memory":
        raise MemoryError
    elif fault == "exit":
        os._exit(3)
    else:
        os.kill(os.getpid(), signal.Signals[fault])
        time.sleep(60)


def _kill_at_write(number: int, moment: str) -> None:
    """Kill this very session at its n-th write, before or after the move."""
    count = itertools.count(1)
    replace = os.replace

    def replace_and_die(source: Path, target: Path) -> None:
        last = next(count) == number
        if last and moment == "inside":
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)

    files.os.replace = replace_and_die


# Also in the processes of the runs, which import this file as __mp_main__.
measures.MEASURES["upper-bound"] = measures.Measure("__mp_main__", "measure")
LocalExecutor.preload = ("mmsia.bench.executors.local",)

if __name__ == "__main__":
    from mmsia.cli.main import main

    if "KILL_AT_WRITE" in os.environ:
        _kill_at_write(int(os.environ["KILL_AT_WRITE"]), os.environ["MOMENT"])
    sys.exit(main(sys.argv[1:]))
