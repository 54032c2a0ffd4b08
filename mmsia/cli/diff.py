"""`mmsia diff W1 W2`: the scores that moved, and what changed between the two."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "which scores moved between two work folders, and what changed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("first", type=Path, metavar="W1", help="a work folder")
    parser.add_argument("second", type=Path, metavar="W2", help="another one")


def run(args: argparse.Namespace) -> int:
    """Print each score that moved, grouped by what changed.

    Returns:
        0 if nothing moved, else 1.
    """
    from mmsia.bench.difference import moved_scores
    from mmsia.cli.main import DIFFERS, OK
    from mmsia.report.numbers import format_signed, format_value

    moved = moved_scores(args.first, args.second)
    told: list[str] = []
    for name, one, other, changes in moved:
        gap = other - one if one is not None and other is not None else None
        print(
            f"{name}: {format_value(one)} -> {format_value(other)} "
            f"({format_signed(gap)})"
        )
        if changes and changes != told:
            told = changes
            print("\n".join(f"    {change}" for change in changes))
        elif changes:
            print("    (the same changes as above)")
        elif gap is not None:
            print("    nothing in the provenance changed")
    print(f"{len(moved)} scores moved")
    return DIFFERS if moved else OK
