"""`mmsia prepare NAME`: an original download -> what configs read below a data root."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmsia.datasets.preparing.pieces import DataSet

HELP = "original downloads into the layout, annotations and manifest that configs read"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", nargs="?", help="data set; --list names them")
    parser.add_argument(
        "--list",
        action="store_true",
        help="tell what can be prepared, where it comes from and which files are "
        "needed; nothing is downloaded",
    )
    parser.add_argument(
        "--src", type=Path, help="folder with the archives, or with what was in them"
    )
    parser.add_argument(
        "--dst", type=Path, help="data root; files go to the folder NAME in it"
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes"
    )
    parser.add_argument(
        "--allow-partial",
        action="store_true",
        help="go on with other counts than the published ones; every number computed "
        "on the data is marked then",
    )


def run(args: argparse.Namespace) -> int:
    """Prepare, or tell what can be prepared."""
    from mmsia.datasets.preparing.catalogue import DATA_SETS, find_data_set
    from mmsia.errors import InputError

    if args.list:
        chosen = [find_data_set(args.name)] if args.name else list(DATA_SETS.values())
        print("\n\n".join(_describe(data_set) for data_set in chosen))
        return 0
    if not (args.name and args.src and args.dst):
        raise InputError(
            "nothing to prepare", expected="NAME --src DOWNLOADS --dst DATA, or --list"
        )
    find_data_set(args.name)
    return 0


def _describe(data_set: DataSet) -> str:
    lines = [f"{data_set.name}: {data_set.title}", f"  licence: {data_set.licence}"]
    for piece in data_set.pieces:
        word = "needed" if piece.needed else "optional"
        lines.append(f"  {word}: {piece.describe()}")
    for expected in data_set.expected:
        counts = ", ".join(
            f"{number} {what.replace('_', ' ')}"
            for what, number in expected.counts.items()
        )
        lines.append(f"  published: {expected.file}: {counts} ({expected.source})")
    return "\n".join(lines)
