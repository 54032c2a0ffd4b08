"""`mmsia import-score ROW FILE`: the server's answer for a row into a work folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmsia.bench.recipe import CatalogueEntry

HELP = "enter the server's answer for a row that only it can score"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "row", metavar="ROW", help="TABLE/ROW, such as gog/table3/ours-final-768"
    )
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="what the server said: json of names or of COCO's ten numbers, lines of "
        "`name: number`, or COCO's summary; fractions or percent",
    )
    parser.add_argument(
        "--submission",
        type=Path,
        metavar="RECORD",
        help="the .record.json that `mmsia export` wrote beside the submission, which "
        "ties the answer to its weights (None)",
    )
    parser.add_argument(
        "--replace", action="store_true", help="in place of an earlier answer"
    )
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=Path("work_dirs/reproduce"),
        help="whose report is to show it",
    )


def run(args: argparse.Namespace) -> int:
    """Check, keep and report.

    Returns:
        0 fine, 1 if the row is worse than its print.
    """
    from mmsia.bench.recipe import load_catalogue
    from mmsia.bench.server_answer import read_answer
    from mmsia.bench.server_scores import (
        ServerScore,
        check_submission,
        row_of,
        save_score,
    )
    from mmsia.bench.session import load_session
    from mmsia.bench.store import Store
    from mmsia.cli.reproduce import exit_status
    from mmsia.cli.summary import print_summary
    from mmsia.files import sha256_file
    from mmsia.report.write import write_report

    catalogue = load_catalogue()
    entry, row = row_of(catalogue, args.row)
    scores = read_answer(args.file)
    said = args.submission and check_submission(args.submission, args.row)
    answer = ServerScore(
        scores,
        args.file.name,
        sha256_file(args.file),
        said["archive"]["sha256"] if said else None,
        said["checkpoint"]["sha256"] if said else None,
    )
    save_score(args.work_dir, args.row, answer, replaced=args.replace)
    _ask_for(entry, args.work_dir)
    states = load_session(args.work_dir)
    store = Store(args.work_dir / "runs")
    report = write_report(args.work_dir, catalogue, states, store)
    cells = [cell for cell in report.cells if cell.table == entry.table.id]
    beside = [cell for cell in report.beside if cell.table == entry.table.id]
    print_summary(cells, report.path, beside)
    return exit_status([cell for cell in cells if cell.row == row], named=False)


def _ask_for(entry: CatalogueEntry, work_dir: Path) -> None:
    """Let the table stand in the report of a work folder that did not ask for it."""
    from mmsia.bench.data import open_data
    from mmsia.bench.plan import Options, make_plan
    from mmsia.bench.session import (
        load_session,
        save_session,
        session_path,
        table_states,
    )
    from mmsia.bench.terms import Evidence, Scale

    known = load_session(work_dir) if session_path(work_dir).is_file() else []
    if entry.table.id in {state.table for state in known}:
        return
    options = Options(Scale.PAPER, Evidence.INFERENCE)
    # No row of it is run here: the annotations stand for none.
    data = open_data(Scale.SMOKE, work_dir)
    plan = make_plan([entry], options, data)
    save_session(work_dir, table_states(plan, {}, options, data, "mmsia import-score"))
