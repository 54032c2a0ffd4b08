"""`mmsia benchmark simulate`: how fast data is made."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from mmsia.cli.benchmarks.options import add_json, write_numbers
from mmsia.datasets.simulated.families import FAMILIES

HELP = "simulated data: images a second"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--families",
        nargs="+",
        choices=list(FAMILIES),
        help="families; all if not given",
    )
    parser.add_argument("--images", type=int, default=160, help="of each family")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Make images, print the rates, and write the file."""
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
    measured = [
        {**asdict(rate), "images_per_second": rate.per_second} for rate in rates
    ]
    write_numbers(measured, args, workers=args.workers)
    return 0
