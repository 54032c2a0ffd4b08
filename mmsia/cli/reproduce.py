"""`mmsia reproduce [ID...]`: run what is missing, compare, write the report."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from mmsia.bench.terms import Evidence, Scale

HELP = "run what is missing of a table, compare it, write the report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help="tables or papers (none: all tables)"
    )
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that a table script shares."""
    parser.add_argument(
        "--scale",
        type=Scale,
        choices=list(Scale),
        help="how many images: smoke 60, mini 240, paper all (None: paper with given "
        "annotations, smoke on simulated crowds without)",
    )
    parser.add_argument(
        "--evidence",
        type=Evidence,
        choices=list(Evidence),
        help="kind of proof (None: each table's own)",
    )
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--data-root", type=Path, help="folder with coco/annotations")
    data.add_argument("--ann-file", type=Path, help="a COCO person keypoint json")
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=Path("work_dirs/reproduce"),
        help="where runs and the report go",
    )
    parser.add_argument(
        "--num-draws", type=_positive, default=1000, help="draws of the bootstrap"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of what is random")
    parser.add_argument(
        "--workers", type=_positive, default=1, help="processes of one run"
    )


def run(args: argparse.Namespace) -> int:
    """Plan, run, compare and report.

    Returns:
        0 fine, 1 a run failed or a cell is worse, 2 nothing named could run.
    """
    from mmsia.bench.data import choose_scale, open_data
    from mmsia.bench.plan import Options, make_plan
    from mmsia.bench.recipe import choose_tables, load_catalogue
    from mmsia.bench.run import run_plan
    from mmsia.bench.session import save_session, table_states
    from mmsia.bench.store import Store
    from mmsia.cli.progress import make_listener, print_summary
    from mmsia.report.write import write_report

    catalogue = load_catalogue()
    entries = choose_tables(catalogue, args.ids)
    given = args.data_root is not None or args.ann_file is not None
    scale = choose_scale(args.scale, given)
    data = open_data(
        scale, args.work_dir, data_root=args.data_root, ann_file=args.ann_file
    )
    options = Options(scale, args.evidence, args.seed, args.num_draws)
    plan = make_plan(entries, options, data)
    store = Store(args.work_dir / "runs")
    command = command_line(args)
    with make_listener(data) as listener:
        outcomes = run_plan(
            plan,
            data,
            store,
            command=command,
            num_workers=args.workers,
            listener=listener,
        )
    states = table_states(plan, outcomes, options, data, command)
    report = write_report(
        args.work_dir, catalogue, save_session(args.work_dir, states), store
    )
    asked = {entry.table.id for entry in entries}
    cells = [cell for cell in report.cells if cell.table in asked]
    print_summary(cells, report.path)
    return exit_status(cells, named=bool(args.ids))


def exit_status(cells: list, *, named: bool) -> int:
    """0 fine, 1 something failed or is worse, 2 nothing that was named could run.

    Args:
        cells: Cells of the tables that were asked for.
        named: Whether they were asked for by name.
    """
    from mmsia.bench.terms import Verdict
    from mmsia.cli.main import COULD_NOT_RUN, DIFFERS, OK

    verdicts = {cell.verdict for cell in cells}
    if verdicts & {Verdict.FAILED, Verdict.WORSE}:
        return DIFFERS
    if named and verdicts <= {Verdict.SKIPPED, Verdict.NO_REFERENCE}:
        return COULD_NOT_RUN
    return OK


def command_line(args: argparse.Namespace) -> str:
    """The command that does the same again, whoever was called."""
    words = ["mmsia", "reproduce", *args.ids]
    options = {
        "--scale": args.scale,
        "--evidence": args.evidence,
        "--data-root": args.data_root,
        "--ann-file": args.ann_file,
        "--work-dir": args.work_dir,
        "--num-draws": args.num_draws,
        "--seed": args.seed,
    }
    for option, value in options.items():
        if value is not None:
            words += [option, str(value)]
    return shlex.join(words)


def reproduce_table(table: str) -> int:
    """Entry point of a table script: `mmsia reproduce` of that one table.

    Args:
        table: Id of the table.

    Returns:
        The exit status.
    """
    from mmsia.cli.main import main

    return main(["reproduce", table, *sys.argv[1:]])


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {number}")
    return number
