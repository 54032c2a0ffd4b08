"""`mmsia benchmark cganet`: post-processing, and what centre lines do for boxes."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from mmsia.cli.benchmarks.options import (
    add_json,
    add_people,
    add_timing,
    expect_positive,
    expect_size,
    write_numbers,
)

HELP = (
    "CGANet: post-processing beside the backbone and, with --ann-file, what centre "
    "lines do for boxes"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_people(parser)
    parser.add_argument("--size", type=int, default=384, help="edge of the input")
    add_timing(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Time, print, and write the file."""
    expect_positive(args, ("people", "rounds", "threads"))
    expect_size(args.size)
    import torch

    import mmsia.all  # noqa: F401, registers the backbone

    torch.set_num_threads(args.threads)
    from mmsia.bench.speed.cganet import benchmark_cganet

    size, measured = -(-args.size // 64) * 64, []
    for people in args.people:
        print(f"timing {people} people at {size} x {size} ...", flush=True)
        timings = benchmark_cganet(people, size, args.rounds)
        network = timings[0]
        for timing in timings:
            low, high = timing.quartiles
            share = 100 * timing.median / network.median
            print(
                f"  {timing.name:38} {timing.median:8.2f} ms ({low:.2f} - {high:.2f})"
                + ("" if timing is network else f", {share:.1f} % of the backbone")
            )
        times = {t.name: (t.times * 1e3).tolist() for t in timings}
        measured.append({"people": people, "size": size, "times_ms": times})
    boxes = _study_boxes(args.ann_file) if args.ann_file else []
    write_numbers(measured + boxes, args, threads=args.threads)
    return 0


def _study_boxes(ann_file: str) -> list[dict[str, Any]]:
    """Print what centre lines do for boxes, and return it."""
    from mmsia.bench.box_study import study_boxes
    from mmsia.datasets.coco_keypoints import load_coco_keypoints

    found = study_boxes(load_coco_keypoints(ann_file).annotated())
    print(
        f"{'lines':18}{'boxes':26}{'IoU':>7}{'area':>7}   annotated keypoints outside"
    )
    for (lines, boxes), quality in found.items():
        print(
            f"{lines:18}{boxes:26}{quality.iou:7.3f}{quality.area:7.2f}"
            f"{quality.outside:9.2f} %"
        )
    return [
        {"lines": lines, "boxes": boxes, **asdict(quality)}
        for (lines, boxes), quality in found.items()
    ]
