"""A rank of torchrun whose measurement needs both: it sums their numbers."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import torch
from torch import distributed

from mmsia.bench import measures
from mmsia.bench.executors.torchrun_rank import main
from mmsia.bench.measurement import Measurement, Request

RAISES, KILLED, EXITS, HANGS = 13, 14, 15, 16
"""Seeds by which the second rank goes wrong."""


def add_up(request: Request) -> Measurement:
    if not distributed.is_initialized():
        return Measurement({"sum": 1.0}, {}, {"ranks": 1})
    rank = distributed.get_rank()
    (request.folder / f"pid-{rank}").write_text(str(os.getpid()))
    if rank == 1:
        _go_wrong(request.seed)
    number = torch.tensor([float(rank + 1)])
    distributed.all_reduce(number)
    world = distributed.get_world_size()
    return Measurement({"sum": number.item()}, {}, {"ranks": world})


def _go_wrong(seed: int) -> None:
    if seed == RAISES:
        raise ValueError("the second rank fails")
    if seed == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    if seed == EXITS:
        os._exit(3)
    if seed == HANGS:
        time.sleep(600)


measures.MEASURES["upper-bound"] = measures.Measure(
    "__main__", "add_up", distributed=True
)

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
