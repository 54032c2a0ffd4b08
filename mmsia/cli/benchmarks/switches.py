"""`mmsia benchmark switches`: a network with channels-last, compile or bfloat16."""

from __future__ import annotations

import argparse

from mmsia.cli.benchmarks.options import (
    add_json,
    add_timing,
    expect_positive,
    write_numbers,
)

HELP = "channels-last, compile and bfloat16 beside a network as it is"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--network", action="append", default=[], help="one of those (None: all)"
    )
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        help="channels-last, compile or bfloat16 (None: all)",
    )
    add_timing(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Time, print how much quicker each switch is, and write the file."""
    expect_positive(args, ("rounds", "threads"))
    import torch

    import mmsia.all  # noqa: F401, registers
    from mmsia.bench.speed.device import device_here
    from mmsia.bench.speed.network_calls import STEPS
    from mmsia.bench.speed.switches import NETWORKS, benchmark_switches, worth

    torch.set_num_threads(args.threads)
    kind = device_here()["kind"]
    entries = []
    for name in args.network or NETWORKS:
        for step in STEPS:
            timings = benchmark_switches(
                name, step, args.rounds, kind, args.switch or None
            )
            found = worth(timings)
            print(f"{name}, {step}: {timings[0].median:.1f} ms", flush=True)
            for switch, (ratio, (low, high)) in found.items():
                print(
                    f"  {switch:16} {ratio:.2f} times as quick [{low:.2f}, {high:.2f}]"
                )
            entries.append(
                {
                    "network": name,
                    "step": step,
                    "ms": {timing.name: timing.median for timing in timings},
                    "times": {t.name: t.times.tolist() for t in timings},
                    "worth": {s: [r, *ends] for s, (r, ends) in found.items()},
                }
            )
    write_numbers(entries, args, threads=args.threads)
    return 0
