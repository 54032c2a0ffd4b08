"""A rank of torchrun whose measurement needs both: it sums their numbers."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import distributed

from mmsia.bench import measures
from mmsia.bench.executors.torchrun_rank import main
from mmsia.bench.measurement import Measurement, Request


def add_up(request: Request) -> Measurement:
    rank = distributed.get_rank()
    if request.seed == 13 and rank == 1:
        raise ValueError("the second rank fails")
    number = torch.tensor([float(rank + 1)])
    distributed.all_reduce(number)
    world = distributed.get_world_size()
    return Measurement({"sum": number.item()}, {}, {"ranks": world})


measures.MEASURES["upper-bound"] = measures.Measure(
    "__main__", "add_up", distributed=True
)

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
