"""`mmsia pack W --into DIR`: finished runs in archives that `mmsia merge` takes."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "finished runs of a work folder in archives, without their weights"
_MB = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from mmsia.cli.running import positive

    parser.add_argument("work_dir", type=Path, metavar="W", help="work folder to read")
    parser.add_argument("--into", type=Path, required=True, help="folder for archives")
    parser.add_argument(
        "--part-size", type=positive, default=15, help="MB that an archive may have"
    )


def run(args: argparse.Namespace) -> int:
    """Write the archives and tell their sizes."""
    from mmsia.bench.packing import pack

    paths = pack(args.work_dir, args.into, args.part_size * _MB)
    for path in paths:
        print(f"{path}: {path.stat().st_size / _MB:.1f} MB")
    print(f"`mmsia merge {args.into}/runs-*.tar.gz --into W` joins the runs to others")
    return 0
