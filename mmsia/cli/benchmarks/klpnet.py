"""`mmsia benchmark klpnet`: links and owners of keypoints of made objects."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from mmsia.cli.benchmarks.options import (
    add_json,
    add_threads,
    expect_positive,
    write_numbers,
)

HELP = "KLPNet: links of CLPGM and owners by LIS, on made objects of unseen shapes"
_RULE = f"{'':28}{'':38}{'F1':>7}  95 %            gain  95 %"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--noise",
        type=float,
        nargs="+",
        default=[0.5, 2.0],
        help="deviations of features about their part's code, which has 1",
    )
    parser.add_argument("--steps", type=int, default=1500, help="of a training")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of a network")
    parser.add_argument("--objects", type=int, default=700, help="to test links on")
    parser.add_argument("--pairs", type=int, default=100, help="of each category")
    parser.add_argument("--seed", type=int, default=0, help="of the objects")
    add_threads(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Train, test, print the tables, and write the file."""
    expect_positive(args, ("steps", "seeds", "objects", "pairs", "threads"))
    import torch

    torch.set_num_threads(args.threads)
    measured: list[dict[str, Any]] = []
    for noise in args.noise:
        measured += _study_links(args, noise) + _study_overlaps(args, noise)
    milliseconds = _time_links()
    print(f"links of 1000 objects of 16 keypoints: {milliseconds:.0f} ms")
    measured.append({"links_of_1000_ms": milliseconds})
    write_numbers(measured, args, threads=args.threads)
    return 0


def _study_links(args: argparse.Namespace, noise: float) -> list[dict[str, Any]]:
    from mmsia.bench.link_study import LinkStudy, study_links

    study = LinkStudy(
        noise=noise, test=args.objects, steps=args.steps, seeds=args.seeds
    )
    print(f"links, features with noise {noise:g}; gain: of CLPGM over the line's")
    found = study_links(study, args.seed, lambda what: print(f"  {what}", flush=True))
    print(_RULE)
    for each in found:
        _print(each.damage, each.method, each)
    return [{"study": "links", "noise": noise, **asdict(each)} for each in found]


def _study_overlaps(args: argparse.Namespace, noise: float) -> list[dict[str, Any]]:
    from mmsia.bench.overlap_study import study_overlaps

    print(f"owners of keypoints, features with noise {noise:g}; gain: of LIS")
    found = study_overlaps(args.pairs, noise, args.seed)
    print(_RULE)
    for each in found:
        _print(each.category, each.way, each)
    return [{"study": "overlaps", "noise": noise, **asdict(each)} for each in found]


def _print(first: str, second: str, found: Any) -> None:
    low, high = found.interval
    least, most = found.gain_interval
    print(
        f"{first:28}{second:38}{found.f1:7.1f}  {low:5.1f} to {high:5.1f}"
        f"  {found.gain:+6.1f}  {least:+.1f} to {most:+.1f}"
    )


def _time_links() -> float:
    """Milliseconds for the links of a thousand objects, the fastest of five."""
    import time

    import torch

    from mmsia.models.heads.clpgm import CLPGM, Nodes

    module = CLPGM(num_classes=12).eval()
    nodes = Nodes(
        torch.rand(1000, 16, module.feature_dim),
        torch.rand(1000, 16, 2),
        torch.arange(1000) % 12,
        torch.ones(1000, 16, dtype=torch.bool),
    )
    times = []
    with torch.no_grad():
        for _ in range(6):
            start = time.perf_counter()
            module.links(nodes)
            times.append(time.perf_counter() - start)
    return 1e3 * min(times)
