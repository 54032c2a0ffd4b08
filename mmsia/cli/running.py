"""Options of every verb that plans or makes runs, and what they stand for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mmsia.bench.terms import Evidence, Scale

if TYPE_CHECKING:
    from mmsia.bench.data import CocoSource
    from mmsia.bench.executors.base import Executor
    from mmsia.bench.plan import Options, Plan
    from mmsia.bench.recipe import CatalogueEntry

EXECUTOR_NAMES = ("local", "torchrun", "ray", "slurm")
"""As in `bench.executors.choose`, which `--help` need not import."""

_HERE = ("local", "torchrun")
"""Executors that make runs on this machine."""


@dataclass(frozen=True)
class Asked:
    """What the options come down to."""

    options: Options
    data: CocoSource


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """Declare what decides which runs there are."""
    parser.add_argument(
        "--scale",
        type=Scale,
        choices=list(Scale),
        help="how much of the experiment: smoke trains tiny networks on tens of made "
        "images, mini whole ones on thousands (for a GPU), paper takes the paper's "
        "data (None: paper with given annotations, else smoke)",
    )
    parser.add_argument(
        "--evidence",
        type=Evidence,
        choices=list(Evidence),
        help="kind of proof; efficiency times the paper's networks on this device, "
        "whatever the scale (None: each table's own)",
    )
    data = parser.add_mutually_exclusive_group()
    data.add_argument(
        "--data-root",
        type=Path,
        help="folder of the data sets, each in a folder of its own (docs/data.md)",
    )
    data.add_argument("--ann-file", type=Path, help="a COCO person keypoint json")
    parser.add_argument(
        "--allow-partial",
        action="store_true",
        help="go on with a data root that is not whole, and mark every number",
    )
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=Path("work_dirs/reproduce"),
        help="where runs and the report go",
    )
    parser.add_argument(
        "--num-draws", type=positive, default=2000, help="draws of the bootstrap"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="what the seeds of all runs derive from"
    )
    parser.add_argument(
        "--seeds",
        type=positive,
        help="trainings of each row (None: what the paper's scales.yaml declares)",
    )
    parser.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        metavar="TABLE/ROW=FILE",
        help="weights of a row, for --evidence inference; may be given again",
    )
    parser.add_argument(
        "--start",
        action="append",
        default=[],
        metavar="TABLE/ROW=FILE",
        help="weights that a row's training starts from, such as CenterNet's for GOG; "
        "may be given again",
    )
    parser.add_argument(
        "--printed-only",
        action="store_true",
        help="leave out what stands beside the printed rows: other readings of them",
    )
    parser.add_argument(
        "--threads",
        type=positive,
        default=1,
        help="threads of a run's process; part of its key where numbers depend on it",
    )


def add_executor_options(parser: argparse.ArgumentParser) -> None:
    """Declare where and how runs are made."""
    parser.add_argument(
        "--executor",
        choices=EXECUTOR_NAMES,
        default="local",
        help="where runs are made: processes here, several a run, Ray, Slurm",
    )
    parser.add_argument(
        "--executor-option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="the executor's own: processes (torchrun), gpus and address (ray), "
        "cluster and submitit's parameters (slurm)",
    )
    parser.add_argument("--jobs", type=positive, default=1, help="runs at a time")
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help="limit of one run (None: no limit)",
    )
    parser.add_argument(
        "--budget",
        type=duration,
        metavar="TIME",
        help="end after so long, such as 9m: what is not expected to fit is left for "
        "the next time (None: no limit)",
    )
    parser.add_argument(
        "--workers", type=positive, default=1, help="processes inside one run"
    )


def read_plan_options(
    args: argparse.Namespace, entries: Sequence[CatalogueEntry]
) -> Asked:
    """Open the annotations and gather the options.

    COCO's annotations are opened for oracle evidence alone: a data root need not have
    them for anything else.

    Args:
        args: With the options of `add_plan_options` and `add_executor_options`.
        entries: The tables.

    Raises:
        DataError: If the data is missing, altered, or not whole and that is not
            allowed.
    """
    from mmsia.bench.data import choose_scale, open_data
    from mmsia.bench.executors.choose import processes_of
    from mmsia.bench.plan import Options

    given = args.data_root is not None or args.ann_file is not None
    scale = choose_scale(args.scale, given)
    kinds = {args.evidence or entry.recipe.evidence for entry in entries}
    if Evidence.ORACLE in kinds or args.ann_file is not None:
        data = open_data(
            scale,
            args.work_dir,
            data_root=args.data_root,
            ann_file=args.ann_file,
            allow_partial=args.allow_partial,
        )
    else:
        data = open_data(Scale.SMOKE, args.work_dir)
    options = Options(
        scale,
        args.evidence,
        args.seed,
        args.seeds,
        args.num_draws,
        threads=args.threads,
        processes=processes_of(args.executor, args.executor_option),
        without_gpu=partial(_without_gpu, args),
        device=partial(_device, args),
        checkpoints=_files_of_rows("--checkpoint", args.checkpoint),
        starts=_files_of_rows("--start", args.start),
        printed_only=args.printed_only,
    )
    return Asked(options, data)


def _files_of_rows(option: str, texts: Sequence[str]) -> dict[str, Path]:
    from mmsia.errors import ConfigError

    pairs = [text.partition("=") for text in texts]
    for row, _, file in pairs:
        if not (row and file):
            raise ConfigError(
                option, expected="TABLE/ROW=FILE", got=f"{row}{file}" or "''"
            )
    return {row: Path(file) for row, _, file in pairs}


def _without_gpu(args: argparse.Namespace) -> bool:
    """Whether runs are made on this machine and it has no GPU."""
    if args.executor not in _HERE:
        return False
    from torch.cuda import is_available

    return not is_available()


def _device(args: argparse.Namespace) -> dict[str, str]:
    """What speeds are measured on; nothing if runs are made on other machines."""
    if args.executor not in _HERE:
        return {}
    from mmsia.bench.speed.device import device_here

    return device_here()


def plan_of(
    args: argparse.Namespace, entries: Sequence[CatalogueEntry], asked: Asked
) -> Plan:
    """The plan of some tables.

    Args:
        args: With the options of `add_plan_options`.
        entries: The tables.
        asked: What the options come down to.
    """
    from mmsia.bench.plan import make_plan
    from mmsia.bench.training_data import TrainingData

    images = TrainingData(
        asked.options.scale, args.work_dir, args.data_root, args.allow_partial
    )
    return make_plan(entries, asked.options, asked.data, images.open)


def executor_of(args: argparse.Namespace) -> Executor:
    """The executor that the options name.

    Args:
        args: With the options of `add_executor_options`.
    """
    from mmsia.bench.executors.choose import make_executor

    return make_executor(
        args.executor,
        args.work_dir,
        jobs=args.jobs,
        timeout=args.timeout,
        options=args.executor_option,
    )


def positive(text: str) -> int:
    """A whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {number}")
    return number


def duration(text: str) -> float:
    """Seconds of a time such as 90s, 9m or 1.5h."""
    from mmsia.bench.budget import read_time
    from mmsia.errors import InputError

    try:
        return read_time(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def seconds(text: str) -> float:
    """A time above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected more than 0 seconds, got {text}")
    return number
