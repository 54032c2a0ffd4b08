"""`mmsia prepare NAME`: an original download -> what configs read below a data root."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmsia.cli.running import positive

if TYPE_CHECKING:
    from mmsia.datasets.preparing.pieces import DataSet, Progress
    from mmsia.datasets.preparing.prepare import Prepared

HELP = "original downloads into the layout, annotations and manifest that configs read"
_SIMULATED = "SIMULATED: mmsia made it; no number on it is comparable with a paper's"
_TENTHS = 10
_LONG = 1000
"""Things from which on more than the end is told."""


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
        "--workers", type=positive, default=os.cpu_count() or 1, help="processes"
    )
    parser.add_argument(
        "--allow-partial",
        action="store_true",
        help="go on with other counts than the published ones; every number computed "
        "on the data is marked then",
    )
    parser.add_argument(
        "--hands",
        type=Path,
        help="interhand26m: folder of `mmsia convert mano`'s files (None: DST/mano)",
    )
    parser.add_argument(
        "--splits",
        nargs="+",
        default=[],
        help="interhand26m: of train, val, test (all)",
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
    data_set = find_data_set(args.name)
    if data_set.name == "interhand26m":
        return _prepare_interhand(args)
    if args.hands or args.splits:
        raise InputError("--hands and --splits", expected="interhand26m", got=args.name)
    return _prepare(args, data_set)


def _prepare(args: argparse.Namespace, data_set: DataSet) -> int:
    from mmsia.datasets.preparing.prepare import prepare

    with _progress() as on_progress:
        prepared = prepare(
            data_set,
            args.src,
            args.dst,
            workers=args.workers,
            allow_partial=args.allow_partial,
            on_progress=on_progress,
        )
    print(_summary(prepared))
    return 0


def _prepare_interhand(args: argparse.Namespace) -> int:
    from mmsia.datasets.origin import is_simulated
    from mmsia.datasets.preparing.interhand import prepare_interhand_folder

    with _progress() as on_progress:
        found = prepare_interhand_folder(
            args.src,
            args.dst,
            hands=args.hands,
            splits=args.splits,
            workers=args.workers,
            on_progress=partial(on_progress, "frames"),
        )
    if is_simulated(args.dst / args.name):
        print(_SIMULATED)
    for split, counts in found.items():
        told = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in counts.items())
        print(f"{args.dst / args.name}: {split}: {told}")
    return 0


def _summary(prepared: Prepared) -> str:
    about = prepared.about
    lines = [f"{prepared.folder}: {prepared.num_files} files, with their digests"]
    for name, counts in about.counts.items():
        told = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in counts.items())
        word = "learnt" if name in about.unknown else "as published"
        why = about.partial.get(name)
        lines.append(f"  {name}: {told} ({'; '.join(why) if why else word})")
    if prepared.absent:
        lines.append(f"  not there, and optional: {', '.join(prepared.absent)}")
    if about.simulated:
        lines.append(f"  {_SIMULATED}")
    if about.partial:
        lines.append("  Runs on it need --allow-partial, which marks every number.")
    return "\n".join(lines)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar for each thing that is done on a terminal, a few lines elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars
    from rich.progress import TimeRemainingColumn as Remaining

    from mmsia.cli.summary import make_console

    console = make_console()
    if not console.is_terminal:
        yield _Lines().tell
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    tasks: dict[str, Any] = {}
    with Bars(*columns, Remaining(), console=console) as bars:

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield tell


class _Lines:
    """Tells each tenth of what takes long, and the end of all."""

    def __init__(self) -> None:
        self._said: dict[str, int] = {}

    def tell(self, what: str, done: int, total: int) -> None:
        tenth = _TENTHS * done // max(total, 1)
        if tenth > self._said.get(what, 0) and (total >= _LONG or done == total):
            self._said[what] = tenth
            print(f"{what}: {done} of {total}", flush=True)


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
