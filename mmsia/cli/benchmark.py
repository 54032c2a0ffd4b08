"""`mmsia benchmark METHOD`: speed of a method's parts, or of making data."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmsia.datasets.simulated.families import FAMILIES

if TYPE_CHECKING:
    from mmsia.bench.speed.edge_graph_conv import MeasuredLayer
    from mmsia.bench.speed.gog import Measured

HELP = "speed of a method's parts beside their peers"
PEOPLE = (1, 5, 10, 20, 30)
_CGANET_SIZE = 384


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "method",
        choices=["gog", "edge-graph-conv", "cganet", "simulate", "calibrate"],
        help="gog: targets and decoding; edge-graph-conv: SIA-GCN's layer; cganet: "
        "post-processing beside the backbone and, with --ann-file, what centre lines "
        "do for boxes; simulate: making data; calibrate: how hard made data is for "
        "SimpleBaseline",
    )
    parser.add_argument(
        "--people",
        type=int,
        nargs="+",
        default=list(PEOPLE),
        help="numbers of simulated people in an image",
    )
    parser.add_argument(
        "--ann-file", help="COCO keypoints: time on these annotations as well"
    )
    parser.add_argument(
        "--maps",
        nargs="+",
        choices=["encoded", "network-like", "noise"],
        default=["encoded", "network-like", "noise"],
        help="perfect maps, maps with stated damage, uniform noise",
    )
    parser.add_argument("--size", type=int, default=640, help="edge of the input")
    parser.add_argument("--rounds", type=int, default=20, help="timed rounds")
    parser.add_argument("--scenes", type=int, default=10, help="images of each kind")
    parser.add_argument(
        "--threads", type=int, default=1, help="threads of torch, OpenCV"
    )
    parser.add_argument(
        "--families",
        nargs="+",
        choices=list(FAMILIES),
        help="simulate, calibrate: families; all if not given",
    )
    parser.add_argument(
        "--preset", default="mini", help="calibrate: the preset that is judged"
    )
    parser.add_argument(
        "--steps", type=int, default=4000, help="calibrate: training steps"
    )
    parser.add_argument(
        "--crop", type=int, default=256, help="calibrate: edge of the crops, pixels"
    )
    parser.add_argument(
        "--depth", type=int, default=50, help="calibrate: depth of the ResNet"
    )
    parser.add_argument(
        "--bfloat16",
        action="store_true",
        help="calibrate: convolve in bfloat16, for a processor without a GPU",
    )
    parser.add_argument(
        "--images", type=int, default=160, help="simulate: images of each family"
    )
    parser.add_argument("--workers", type=int, default=2, help="simulate: processes")
    parser.add_argument(
        "--layer",
        nargs=4,
        type=int,
        default=[64, 45, 10, 1],
        metavar=("CELLS", "KERNEL", "HEADS", "BATCH"),
        help="edge-graph-conv: edge of the maps and of the kernels, heads, images",
    )
    parser.add_argument(
        "--grid",
        action="store_true",
        help="edge-graph-conv: sizes around the rule of 'auto' instead",
    )
    parser.add_argument("--json", help="file to write all timings to")


def run(args: argparse.Namespace) -> int:
    """Time, print the tables, and write the file."""
    runs = {
        "gog": _run_gog,
        "edge-graph-conv": _run_layer,
        "cganet": _run_cganet,
        "simulate": _run_simulate,
        "calibrate": _run_calibrate,
    }
    return runs[args.method](args)


def _run_calibrate(args: argparse.Namespace) -> int:
    import torch

    from mmsia.bench.calibration import Setting, calibrate

    torch.set_num_threads(args.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    setting = Setting(
        args.depth, args.crop, args.steps, device=device, bfloat16=args.bfloat16
    )
    print(f"SimpleBaseline: {setting}")
    found = []
    for family in args.families or list(FAMILIES):
        result = calibrate(family, args.preset, setting, _every_tenth(family))
        found.append(asdict(result))
        share = 100 * result.score / result.ceiling
        print(
            f"{family} {result.preset}: PCK@0.05 {result.score:.1f}, {share:.0f} % of "
            f"the ceiling {result.ceiling:.1f}; the mean pose {result.mean_pose:.1f}; "
            "on the way " + ", ".join(f"{score:.1f}" for _, score in result.curve)
        )
    if args.json:
        _write(Path(args.json), found, args, **asdict(setting))
        print(f"all scores: {args.json}")
    return 0


def _every_tenth(family: str) -> Callable[[int, int, float], None]:
    def tell(step: int, steps: int, loss: float) -> None:
        if step % max(1, steps // 10) == 0:
            print(f"  {family}: step {step} of {steps}, loss {loss:.5f}", flush=True)

    return tell


def _run_simulate(args: argparse.Namespace) -> int:
    from mmsia.bench.speed.simulate import benchmark_simulated

    families = args.families or list(FAMILIES)
    rates = benchmark_simulated(families, images=args.images, workers=args.workers)
    for rate in rates:
        print(
            f"{rate.family} ({rate.situation}): {rate.per_second:.1f} images a second, "
            f"{rate.images} in {rate.seconds:.1f} s by {rate.workers} workers, "
            f"{1e3 * rate.processor_seconds / rate.images:.1f} ms of a processor and "
            f"{1e3 * rate.megabytes / rate.images:.0f} kB each"
        )
    if args.json:
        measured = [
            {**asdict(rate), "images_per_second": rate.per_second} for rate in rates
        ]
        _write(Path(args.json), measured, args, workers=args.workers)
        print(f"all rates: {args.json}")
    return 0


def _run_layer(args: argparse.Namespace) -> int:
    _check(args)
    import torch

    torch.set_num_threads(args.threads)
    from mmsia.bench.speed.edge_graph_conv import (
        GRID,
        STEPS,
        Situation,
        benchmark_layer,
    )

    sizes = [(*size, 1, 1) for size in GRID] if args.grid else [tuple(args.layer)]
    measured = []
    for situation in [Situation(*size, step=step) for size in sizes for step in STEPS]:
        print(f"timing {situation} ...", flush=True)
        entry = benchmark_layer(situation, rounds=args.rounds, memory=not args.grid)
        measured.append(entry)
        _print_layer(entry)
    wrong = sum(entry.is_wrong_pick for entry in measured)
    print(
        f"auto picked the spectral form where the direct one was faster: {wrong} times"
    )
    if args.json:
        entries = [entry.as_dict() for entry in measured]
        _write(Path(args.json), entries, args, threads=args.threads)
        print(f"all timings: {args.json}")
    return 0


def _print_layer(entry: MeasuredLayer) -> None:
    from mmsia.bench.speed.edge_graph_conv import SPECTRAL
    from mmsia.bench.speed.timing import paired_ratio

    ours = entry.timing(SPECTRAL)
    print(f"{entry.situation}: auto picks {entry.auto}")
    for timing in entry.timings:
        low, high = timing.quartiles
        ratio, (least, most) = paired_ratio(ours, timing)
        memory = entry.megabytes.get(timing.name)
        print(
            f"  {timing.name:16} {timing.median:9.2f} ms ({low:.2f} - {high:.2f})"
            + ("" if memory is None else f", peak {memory:.0f} MB")
            + (
                ""
                if timing is ours
                else f", {ratio:.1f} times as long [{least:.1f}, {most:.1f}]"
            )
        )


def _run_cganet(args: argparse.Namespace) -> int:
    _check(args)
    import torch

    import mmsia.all  # noqa: F401, registers the backbone

    torch.set_num_threads(args.threads)
    from mmsia.bench.speed.cganet import benchmark_cganet

    size, measured = -(-min(args.size, _CGANET_SIZE) // 64) * 64, []
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
    if args.json:
        _write(Path(args.json), measured + boxes, args, threads=args.threads)
        print(f"all timings: {args.json}")
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


def _run_gog(args: argparse.Namespace) -> int:
    _check(args)
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
    if args.json:
        _write(Path(args.json), _entries(measured), args, threads=args.threads)
        print(f"all timings: {args.json}")
    return 0


def _check(args: argparse.Namespace) -> None:
    from mmsia.errors import InputError

    numbers = {
        "people": min(args.people),
        "rounds": args.rounds,
        "scenes": args.scenes,
        "threads": args.threads,
        "layer": min(args.layer),
    }
    for name, value in numbers.items():
        if value < 1:
            raise InputError(f"--{name}", expected="at least 1", got=str(value))
    if args.size < 32 or args.size % 4:
        raise InputError(
            "--size", expected="a multiple of 4, at least 32", got=str(args.size)
        )


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


def _write(
    path: Path, measured: list[dict[str, Any]], args: argparse.Namespace, **used: int
) -> None:
    from mmsia.bench.provenance import environment
    from mmsia.files import write_json

    options = {name: value for name, value in vars(args).items() if name != "json"}
    write_json(
        path,
        {
            "schema": 1,
            "provenance": {**environment(), **used},
            "options": options,
            "measured": measured,
        },
    )
