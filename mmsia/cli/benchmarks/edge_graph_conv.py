"""`mmsia benchmark edge-graph-conv`: SIA-GCN's layer beside its direct form."""

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
    from mmsia.bench.speed.edge_graph_conv import MeasuredLayer

HELP = "SIA-GCN: its layer beside the direct form"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--layer",
        nargs=4,
        type=int,
        default=[64, 45, 10, 1],
        metavar=("CELLS", "KERNEL", "HEADS", "BATCH"),
        help="edge of the maps and of the kernels, heads, images",
    )
    parser.add_argument(
        "--grid",
        action="store_true",
        help="sizes around the rule of 'auto' instead",
    )
    add_timing(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Time, print the ratios, and write the file."""
    expect_positive(args, ("layer", "rounds", "threads"))
    import torch

    torch.set_num_threads(args.threads)
    from mmsia.bench.speed.edge_graph_conv import (
        GRID,
        STEPS,
        Situation,
        benchmark_layer,
    )

    sizes = [(*size, 1, 1) for size in GRID] if args.grid else [tuple(args.layer)]
    measured = []
    for situation in [Situation(*size, step=step) for size in sizes for step in STEPS]:
        print(f"timing {situation} ...", flush=True)
        entry = benchmark_layer(situation, rounds=args.rounds, memory=not args.grid)
        measured.append(entry)
        _print(entry)
    wrong = sum(entry.is_wrong_pick for entry in measured)
    print(
        f"auto picked the spectral form where the direct one was faster: {wrong} times"
    )
    entries = [entry.as_dict() for entry in measured]
    write_numbers(entries, args, threads=args.threads)
    return 0


def _print(entry: MeasuredLayer) -> None:
    from mmsia.bench.speed.edge_graph_conv import SPECTRAL
    from mmsia.bench.speed.timing import paired_ratio

    ours = entry.timing(SPECTRAL)
    print(f"{entry.situation}: auto picks {entry.auto}")
    for timing in entry.timings:
        low, high = timing.quartiles
        ratio, (least, most) = paired_ratio(ours, timing)
        memory = entry.megabytes.get(timing.name)
        print(
            f"  {timing.name:16} {timing.median:9.2f} ms ({low:.2f} - {high:.2f})"
            + ("" if memory is None else f", peak {memory:.0f} MB")
            + (
                ""
                if timing is ours
                else f", {ratio:.1f} times as long [{least:.1f}, {most:.1f}]"
            )
        )
