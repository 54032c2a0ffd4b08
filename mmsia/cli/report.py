"""`mmsia report W`: the report of a work folder, written again from its store."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write the report of a work folder again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "work_dir",
        type=Path,
        nargs="?",
        default=Path("work_dirs/reproduce"),
        help="folder that `mmsia reproduce` worked in",
    )


def run(args: argparse.Namespace) -> int:
    """Write the report and say where it is.

    Returns:
        0 fine, 1 if a cell failed or is worse.
    """
    from mmsia.bench.recipe import load_catalogue
    from mmsia.bench.session import load_session
    from mmsia.bench.store import Store
    from mmsia.cli.reproduce import exit_status
    from mmsia.cli.summary import print_summary
    from mmsia.report.write import write_report

    states = load_session(args.work_dir)
    store = Store(args.work_dir / "runs")
    report = write_report(args.work_dir, load_catalogue(), states, store)
    print_summary(report.cells, report.path, report.beside)
    return exit_status([*report.cells, *report.beside], named=False)
