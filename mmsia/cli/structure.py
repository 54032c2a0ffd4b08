"""`mmsia structure CONFIG...`: parameters and multiply-adds, without running it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "parameters and multiply-adds of a config's network"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "configs", nargs="+", type=Path, metavar="CONFIG", help="MMPose configs"
    )
    parser.add_argument(
        "--input-size",
        nargs=2,
        type=int,
        metavar=("W", "H"),
        help="image to count at (None: what the config tests at)",
    )
    parser.add_argument(
        "--relative-to",
        action="append",
        default=[],
        type=_reference,
        metavar="CONFIG_OR_NUMBER",
        help="print each network's size in percent of that config's, or of that many "
        "parameters (None); may stand several times",
    )
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Print one line a config, and its parts below it."""
    from mmsia.bench.structure import count_structure, relative_size

    size = None if args.input_size is None else tuple(args.input_size)
    records = []
    for config in args.configs:
        found = count_structure(config, size)
        records.append(
            {
                "config": str(config),
                "input_size": list(found.input_size),
                "num_parameters": found.num_parameters,
                "num_multiply_adds": found.num_multiply_adds,
                "parameters_of": dict(found.parts),
                "percent_of": {
                    str(other): relative_size(found, other)
                    for other in args.relative_to
                },
            }
        )
    if args.json:
        print(json.dumps({"schema": 1, "structures": records}, indent=1))
        return 0
    for record in records:
        width, height = record["input_size"]
        print(
            f"{record['config']}: {record['num_parameters'] / 1e6:.3f} M parameters, "
            f"{record['num_multiply_adds'] / 1e9:.3f} G multiply-adds at "
            f"{width} x {height} (M of 10^6; in 2^20 "
            f"{record['num_parameters'] / 2**20:.3f})"
        )
        for part, number in record["parameters_of"].items():
            print(f"  {part}: {number / 1e6:.3f} M parameters")
        for other, percent in record["percent_of"].items():
            print(f"  {percent:.1f} % of {other} ({percent - 100:+.1f} %)")
    return 0


def _reference(text: str) -> Path | int:
    """A number such as 58529646 or 58.5e6, else a path."""
    try:
        return round(float(text))
    except (ValueError, OverflowError):
        return Path(text)
