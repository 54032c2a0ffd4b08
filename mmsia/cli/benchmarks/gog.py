"""`mmsia benchmark gog`: targets and decoding beside their peers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from mmsia.cli.benchmarks.options import (
    add_json,
    add_people,
    add_timing,
    expect_positive,
    expect_size,
    write_numbers,
)

if TYPE_CHECKING:
    from mmsia.bench.speed.gog import Measured

HELP = "GOG: targets and decoding beside MMPose's and the authors'"
MAPS = ["encoded", "network-like", "noise"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_people(parser)
    parser.add_argument(
        "--maps",
        nargs="+",
        choices=MAPS,
        default=MAPS,
        help="perfect maps, maps with stated damage, uniform noise",
    )
    parser.add_argument("--size", type=int, default=640, help="edge of the input")
    parser.add_argument("--scenes", type=int, default=10, help="images of each kind")
    add_timing(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Time, print the tables, and write the file."""
    expect_positive(args, ("people", "rounds", "scenes", "threads"))
    expect_size(args.size)
    import cv2
    import torch

    import mmsia.all  # noqa: F401, the codecs come from the registry's side

    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    from mmsia.bench.speed.gog import benchmark_gog

    measured: list[Measured] = []
    for label, scenes in _scenes(args):
        for maps in args.maps:
            print(f"timing {label}, {maps} maps ...", flush=True)
            measured += benchmark_gog(
                scenes, label, maps, size=args.size, rounds=args.rounds
            )
    _print(measured)
    write_numbers(_entries(measured), args, threads=args.threads)
    return 0


def _scenes(args: argparse.Namespace) -> list[tuple[str, list[Any]]]:
    from mmsia.bench.speed.scenes import annotated_scenes, simulated_scenes
    from mmsia.datasets.coco_keypoints import load_coco_keypoints

    scenes: list[tuple[str, list[Any]]] = [
        (f"{number} people", simulated_scenes(number, args.scenes, args.size))
        for number in args.people
    ]
    if args.ann_file:
        records = load_coco_keypoints(args.ann_file).annotated()
        found = annotated_scenes(records, args.scenes, args.size)
        scenes.append((f"{len(found)} annotated images", found))
    return scenes


def _print(measured: list[Measured]) -> None:
    from rich.console import Console
    from rich.table import Table

    from mmsia.bench.speed.timing import paired_ratio

    # wide enough for a line a peer, also into a file
    console = Console(width=max(118, Console().width))
    for task in dict.fromkeys(entry.task for entry in measured):
        table = Table(title=f"{task}: median ms (quartiles), and times as long as ours")
        for column in ("people", "maps", "peer", "ms", "quartiles", "ratio [95 %]"):
            table.add_column(column, justify="right" if column == "ms" else "left")
        for entry in (entry for entry in measured if entry.task == task):
            ours = next(t for t in entry.timings if t.name == entry.ours)
            for timing in entry.timings:
                low, high = timing.quartiles
                ratio, (least, most) = paired_ratio(ours, timing)
                shown = (
                    "" if timing is ours else f"{ratio:.2f} [{least:.2f}, {most:.2f}]"
                )
                table.add_row(
                    entry.people,
                    entry.maps,
                    timing.name,
                    f"{timing.median:.3f}",
                    f"{low:.3f} - {high:.3f}",
                    shown,
                )
            table.add_section()
        console.print(table)


def _entries(measured: list[Measured]) -> list[dict[str, Any]]:
    return [
        {
            "task": entry.task,
            "maps": entry.maps,
            "people": entry.people,
            "ours": entry.ours,
            "times_ms": {t.name: (t.times * 1e3).tolist() for t in entry.timings},
        }
        for entry in measured
    ]
