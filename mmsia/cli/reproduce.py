"""`mmsia reproduce [ID...]`: run what is missing, compare, write the report."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from mmsia.cli.running import (
    add_executor_options,
    add_plan_options,
    executor_of,
    plan_of,
    read_plan_options,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mmsia.bench.compare import Cell
    from mmsia.bench.plan import Options
    from mmsia.bench.recipe import CatalogueEntry
    from mmsia.bench.store import Store

HELP = "run what is missing of a table, compare it, write the report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help="tables or papers (none: all tables)"
    )
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that a table script shares."""
    add_plan_options(parser)
    add_executor_options(parser)
    parser.add_argument(
        "--no-report",
        action="store_true",
        help="leave the report to `mmsia report`: it takes longer than what is cached",
    )


def run(args: argparse.Namespace) -> int:
    """Plan, run, compare and report.

    Returns:
        0 fine, 1 a run failed or a cell is worse, 2 nothing named could run.
    """
    from mmsia.bench.budget import Budget
    from mmsia.bench.recipe import choose_tables, load_catalogue
    from mmsia.bench.run import run_plan
    from mmsia.bench.store import Store
    from mmsia.cli.progress import watch
    from mmsia.cli.record import Record
    from mmsia.cli.summary import print_summary

    catalogue = load_catalogue()
    entries = choose_tables(catalogue, args.ids)
    asked = read_plan_options(args, entries)
    _warn_of_days(entries, asked.options)
    plan = plan_of(args, entries, asked)
    store = Store(args.work_dir / "runs")
    command = command_line(args)
    record = Record(
        plan,
        asked.options,
        asked.data,
        store,
        entries,
        args.work_dir,
        command,
        args.jobs,
    )
    with watch(record) as listener:
        run_plan(
            plan,
            asked.data,
            store,
            command=command,
            num_workers=args.workers,
            threads=args.threads,
            listener=listener,
            executor=executor_of(args),
            budget=args.budget and Budget(args.budget, record.durations.expected),
        )
    cells, beside, page = _compare(args, catalogue, store)
    tables = {entry.table.id for entry in entries}
    cells = [cell for cell in cells if cell.table in tables]
    beside = [cell for cell in beside if cell.table in tables]
    print_summary(cells, page, beside)
    return exit_status([*cells, *beside], named=bool(args.ids))


def _compare(
    args: argparse.Namespace, catalogue: dict[str, CatalogueEntry], store: Store
) -> tuple[Sequence[Cell], Sequence[Cell], Path | None]:
    """All cells of the work folder, those beside the print, and the report's page."""
    from mmsia.bench.compare import load_runs
    from mmsia.bench.compared import compare_states, known_states
    from mmsia.bench.locks import guard
    from mmsia.bench.session import load_session

    if args.no_report:
        states = known_states(load_session(args.work_dir), catalogue)
        runs = load_runs(states, store)
        compared = compare_states(args.work_dir, catalogue, states, runs)
        cells = [cell for table in compared for cell in table.cells]
        return cells, [cell for table in compared for cell in table.beside], None
    from mmsia.report.write import write_report

    # Another session in this folder writes its report before or after this one.
    with guard(args.work_dir):
        states = load_session(args.work_dir)
        report = write_report(args.work_dir, catalogue, states, store)
    return report.cells, report.beside, report.path


def _warn_of_days(entries: list[CatalogueEntry], options: Options) -> None:
    """Say what mini is made for, where it would be run on a processor."""
    from mmsia.bench.terms import Evidence, Scale

    kinds = {options.evidence or entry.recipe.evidence for entry in entries}
    trains = options.scale is Scale.MINI and Evidence.TRAINING in kinds
    if trains and options.without_gpu():
        print(
            "mmsia reproduce: --scale mini trains whole networks, which takes a GPU "
            "hours and a processor days. --scale smoke takes minutes; Ctrl-C keeps "
            "what is finished.",
            file=sys.stderr,
        )


def exit_status(cells: list, *, named: bool) -> int:
    """0 fine, 1 something failed or is worse, 2 nothing that was named could run.

    Args:
        cells: Cells of the tables that were asked for.
        named: Whether they were asked for by name.
    """
    from mmsia.bench.terms import Verdict
    from mmsia.cli.main import COULD_NOT_RUN, DIFFERS, OK

    verdicts = {cell.verdict for cell in cells}
    if verdicts & {Verdict.FAILED, Verdict.WORSE, Verdict.DIFFERS}:
        return DIFFERS
    if named and verdicts <= {Verdict.SKIPPED, Verdict.NO_REFERENCE}:
        return COULD_NOT_RUN
    return OK


def command_line(args: argparse.Namespace) -> str:
    """The command that does the same again, whoever was called.

    How runs are spread over processes has no part in it, but for trainings that
    several processes share: their numbers depend on it.
    """
    from mmsia.bench.executors.choose import processes_of

    words = ["mmsia", "reproduce", *args.ids]
    options = {
        "--scale": args.scale,
        "--evidence": args.evidence,
        "--data-root": args.data_root,
        "--ann-file": args.ann_file,
        "--work-dir": args.work_dir,
        "--num-draws": args.num_draws,
        "--seed": args.seed,
        "--seeds": args.seeds,
    }
    for option, value in options.items():
        if value is not None:
            words += [option, str(value)]
    for option, files in (("--checkpoint", args.checkpoint), ("--start", args.start)):
        for given in files:
            words += [option, given]
    if processes := processes_of(args.executor, args.executor_option):
        words += ["--executor", args.executor]
        words += ["--executor-option", f"processes={processes}"]
    switches = {
        "--allow-partial": args.allow_partial,
        "--printed-only": args.printed_only,
    }
    words += [switch for switch, on in switches.items() if on]
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
