"""`mmsia benchmark hand-mesh`: the hand layer beside smplx.MANO and a loop."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mmsia.cli.benchmarks.options import (
    add_json,
    add_timing,
    expect_positive,
    write_numbers,
)

if TYPE_CHECKING:
    from mmsia.bench.speed.hand_mesh import MeasuredHands

HELP = "DIR: its hand layer beside smplx.MANO (if installed) and a numpy loop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--batch", type=int, nargs="+", default=[1, 64], help="hands at once"
    )
    add_timing(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Time, print the medians and ratios, and write the file."""
    expect_positive(args, ("batch", "rounds", "threads"))
    import torch

    torch.set_num_threads(args.threads)
    from mmsia.bench.speed.hand_mesh import STEPS, benchmark_hand_mesh, has_smplx

    if not has_smplx():
        print("smplx is not installed here: it is left out (pip install smplx)")
    measured = []
    for batch in args.batch:
        for step in STEPS:
            entry = benchmark_hand_mesh(batch, step, rounds=args.rounds)
            measured.append(entry)
            _print(entry)
    entries = [entry.as_dict() for entry in measured]
    write_numbers(entries, args, threads=args.threads)
    return 0


def _print(entry: MeasuredHands) -> None:
    from mmsia.bench.speed.timing import paired_ratio

    ours, *others = entry.timings
    print(f"{entry.batch} hands, {entry.step}: median (quartiles)")
    for timing in entry.timings:
        low, high = timing.quartiles
        line = f"  {timing.name:24} {timing.median:9.2f} ms ({low:.2f} - {high:.2f})"
        if timing in others:
            ratio, (least, most) = paired_ratio(ours, timing)
            line += f", {ratio:.1f} times as long [{least:.1f}, {most:.1f}]"
            line += f", vertices differ by {entry.differences[timing.name]:.0e} m"
        print(line)
