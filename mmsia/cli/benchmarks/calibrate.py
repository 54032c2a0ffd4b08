"""`mmsia benchmark calibrate`: how hard simulated data is for SimpleBaseline."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict

from mmsia.cli.benchmarks.options import add_json, add_threads, write_numbers
from mmsia.datasets.simulated.families import FAMILIES

HELP = "simulated data: how hard a preset is for SimpleBaseline"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--families",
        nargs="+",
        choices=list(FAMILIES),
        help="families; all if not given",
    )
    parser.add_argument("--preset", default="mini", help="the preset that is judged")
    parser.add_argument("--steps", type=int, default=4000, help="training steps")
    parser.add_argument("--crop", type=int, default=256, help="edge, pixels")
    parser.add_argument("--depth", type=int, default=50, help="depth of the ResNet")
    parser.add_argument(
        "--bfloat16",
        action="store_true",
        help="convolve in bfloat16, for a processor without a GPU",
    )
    add_threads(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Train, print the scores, and write the file."""
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
    write_numbers(found, args, **asdict(setting))
    return 0


def _every_tenth(family: str) -> Callable[[int, int, float], None]:
    def tell(step: int, steps: int, loss: float) -> None:
        if step % max(1, steps // 10) == 0:
            print(f"  {family}: step {step} of {steps}, loss {loss:.5f}", flush=True)

    return tell
