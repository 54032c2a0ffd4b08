"""`mmsia benchmark COMPONENT` and `--all`: our parts beside their peers, in turns."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from mmsia.bench.speed.components import COMPONENTS
from mmsia.cli.benchmarks.options import add_threads, expect_positive

if TYPE_CHECKING:
    from mmsia.bench.speed.record import Record

ALL = "all"
HELP = {ALL: "every component beside its peers, two cores: ten minutes", **COMPONENTS}
"""Name on the command line -> what it compares."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--out", metavar="DIR", help="folder for the JSON, the table and the plot"
    )
    parser.add_argument(
        "--seconds", type=float, default=6.0, help="for the rounds of a case"
    )
    parser.add_argument(
        "--rounds", type=int, default=60, help="timed rounds of a case, at most"
    )
    add_threads(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print each case, and write the report.

    Args:
        args: Parsed options; `method` is a name of `HELP`.

    Returns:
        1 if a peer is faster by more than 10 % and no reason is stated, else 0.
    """
    expect_positive(args, ("rounds", "threads"))
    from mmsia.bench.speed.components import measure_components
    from mmsia.bench.speed.record import Setting

    setting = Setting(args.rounds, args.seconds, args.threads)
    names = list(COMPONENTS) if args.method == ALL else [args.method]
    records = []
    for record in measure_components(names, setting):
        records.append(record)
        _print(record)
    if args.out:
        _write(records, args)
    unexplained = [record for record in records if record.is_unexplained]
    for record in unexplained:
        print(f"no reason is stated why ours takes longer: {record.case}")
    return 1 if unexplained else 0


def _print(record: Record) -> None:
    from mmsia.bench.speed.record import Outcome

    low, high = record.ours.quartiles
    print(
        f"{record.component}: {record.case}\n"
        f"  {record.ours.name:40} {record.ours.median:10.3f} ms "
        f"({low:.3f} - {high:.3f}), {len(record.ours.times)} rounds"
        + _peak(record, record.ours.name)
    )
    ratios = record.ratios
    for peer, ratio in zip(record.timings[1:], ratios, strict=True):
        print(
            f"  {peer.name:40} {peer.median:10.3f} ms, {ratio.value:.2f} times as long "
            f"[{ratio.low:.2f}, {ratio.high:.2f}]: ours is {ratio.outcome}"
            + _peak(record, peer.name)
        )
    if record.reason and any(ratio.outcome is Outcome.SLOWER for ratio in ratios):
        print(f"  why: {record.reason}")
    sys.stdout.flush()


def _peak(record: Record, peer: str) -> str:
    megabytes = record.megabytes.get(peer)
    return "" if megabytes is None else f", peak {megabytes:.0f} MB"


def _write(records: list[Record], args: argparse.Namespace) -> None:
    from pathlib import Path

    from mmsia.report.benchmark import TABLE, write_benchmark

    folder = Path(args.out)
    name = "--all" if args.method == ALL else args.method
    command = (
        f"mmsia benchmark {name} --out {args.out} --seconds {args.seconds:g} "
        f"--rounds {args.rounds} --threads {args.threads}"
    )
    write_benchmark(records, folder, command)
    print(f"table, plot and all numbers: {folder / TABLE}")
