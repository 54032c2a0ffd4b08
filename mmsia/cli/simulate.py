"""`mmsia simulate FAMILY`: made data, written as the real data set is."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmsia.datasets.simulated.writing import Progress

HELP = "write a simulated data set in a real one's format"
_CROWDS = "crowds"
_PLAIN_STEPS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from mmsia.datasets.simulated.families import FAMILIES

    known = {_CROWDS: "stick people with COCO keypoints", **FAMILIES}
    parser.add_argument(
        "family",
        choices=list(known),
        help="; ".join(f"{name}: {what}" for name, what in known.items()),
    )
    parser.add_argument("--out", help="folder to write into")
    parser.add_argument("--num", type=int, help="number of images; the preset's if not")
    parser.add_argument("--seed", type=int, default=0, help="other images for each")
    parser.add_argument(
        "--preset",
        default="smoke",
        help="how many and how hard: smoke, mini, easy, hard (not for crowds), "
        "and stress for twohands",
    )
    parser.add_argument("--split", help="name of the split; the real set's if not")
    parser.add_argument(
        "--layout", help="objects: as coco (if not told), pascal3d or objectnet3d"
    )
    parser.add_argument(
        "--workers", type=int, default=min(8, os.cpu_count() or 1), help="processes"
    )
    parser.add_argument(
        "--preview", help="PNG to draw a contact sheet with keypoints into"
    )
    parser.add_argument(
        "--preview-num", type=int, default=12, help="pictures of the contact sheet"
    )
    parser.add_argument(
        "--no-images", action="store_true", help="crowds: write the annotations only"
    )


def run(args: argparse.Namespace) -> int:
    """Write the data set, draw the contact sheet, and say where they are."""
    _check(args)
    if args.family == _CROWDS:
        _write_crowds(args)
    else:
        _write_family(args)
    return 0


def _check(args: argparse.Namespace) -> None:
    from mmsia.errors import InputError

    if not args.out and not args.preview:
        raise InputError(
            "nothing to do", expected="--out FOLDER, --preview FILE.png, or both"
        )
    if args.family == _CROWDS and (args.preview or not args.out):
        raise InputError(
            "crowds have no contact sheet", expected="--out FOLDER and no --preview"
        )
    if args.family != _CROWDS and args.no_images:
        raise InputError("--no-images", expected="crowds", got=args.family)
    if args.family != "objects" and args.layout:
        raise InputError("--layout", expected="objects", got=args.family)
    if args.preview_num < 1:
        raise InputError(
            "--preview-num", expected="at least 1", got=str(args.preview_num)
        )


def _write_crowds(args: argparse.Namespace) -> None:
    from mmsia.datasets.manifest import write_manifest
    from mmsia.datasets.simulated.crowds import write_crowds

    split = args.split or "val2017"
    num = 60 if args.num is None else args.num
    with_images = not args.no_images
    path = write_crowds(
        Path(args.out), num, args.seed, split=split, with_images=with_images
    )
    images = sorted((path.parent.parent / split).glob("*.jpg"))
    files = [path, *(images if with_images else ())]
    write_manifest(path.parent.parent, files, simulated=True)
    print(f"{num} simulated images, seed {args.seed}: {path}")


def _write_family(args: argparse.Namespace) -> None:
    from mmsia.datasets.simulated.families import load_family, pictures
    from mmsia.datasets.simulated.presets import find_preset
    from mmsia.datasets.simulated.preview import write_contact_sheet
    from mmsia.files import read_json

    family = load_family(args.family)
    preset = find_preset(family.presets, args.preset)
    if args.out:
        told = {"split": args.split, "layout": args.layout}
        chosen = {key: word for key, word in told.items() if word}
        with _progress(f"{args.family}, preset {args.preset}") as on_progress:
            path = family.write(
                Path(args.out),
                args.num,
                args.seed,
                preset=args.preset,
                workers=args.workers,
                on_progress=on_progress,
                **chosen,
            )
        counts = read_json(path)["counts"]
        made = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items())
        print(
            f"{made}; preset {preset.name} v{preset.version}, seed {args.seed}: {path}"
        )
    if args.preview:
        shown = pictures(family, args.seed, args.preview_num, args.preset)
        write_contact_sheet(args.preview, shown)
        print(f"contact sheet: {args.preview}")


@contextmanager
def _progress(title: str) -> Iterator[Progress]:
    """A bar on a terminal, a line for every tenth elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    from mmsia.cli.summary import make_console

    console = make_console()
    if not console.is_terminal:
        yield _lines(title)
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, Remaining(), console=console) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _lines(title: str) -> Progress:
    said = -1

    def tell(done: int, total: int) -> None:
        nonlocal said
        step = _PLAIN_STEPS * done // total
        if step > said or done == total:
            said = step
            print(f"{title}: {done} of {total}", flush=True)

    return tell
