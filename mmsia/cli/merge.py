"""`mmsia merge W1 W2 --into W`: results that were made elsewhere join."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "join the results of several work folders"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "sources",
        type=Path,
        nargs="+",
        metavar="W",
        help="work folders, or archives of `mmsia pack`, to read",
    )
    parser.add_argument("--into", type=Path, required=True, help="work folder to write")


def run(args: argparse.Namespace) -> int:
    """Merge and tell what was done.

    Returns:
        0 fine, 1 if there were conflicts or damaged results.
    """
    from mmsia.bench.merge import merge
    from mmsia.bench.packing import opened
    from mmsia.cli.main import DIFFERS, OK

    with opened(args.sources) as folders:
        merged = merge(folders, args.into)
    for key in merged.conflicts:
        print(f"CONFLICT {key}: another result is there already and was kept")
    for name in merged.damaged:
        print(f"DAMAGED {name}: not copied")
    for key in merged.busy:
        print(f"BUSY {key}: being made there at the moment, not copied")
    print(
        f"{len(merged.copied)} runs copied, {len(merged.same)} there already, "
        f"{len(merged.conflicts)} conflicts, {len(merged.damaged)} damaged"
    )
    print(f"`mmsia report {args.into}` writes the report of all")
    return DIFFERS if merged.conflicts or merged.damaged or merged.busy else OK
