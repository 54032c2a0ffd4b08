"""`mmsia simulate DATASET`: made data, written as the real data set is."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write a simulated data set in a real one's format"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "dataset", choices=["crowds"], help="crowds: people with COCO keypoints"
    )
    parser.add_argument("--out", required=True, help="folder to write into")
    parser.add_argument("--num", type=int, default=60, help="number of images")
    parser.add_argument("--seed", type=int, default=0, help="seed of the crowds")
    parser.add_argument("--split", default="val2017", help="name of the split")
    parser.add_argument(
        "--no-images", action="store_true", help="write the annotations only"
    )


def run(args: argparse.Namespace) -> int:
    """Write the data set and say where it is."""
    from mmsia.datasets.manifest import write_manifest
    from mmsia.datasets.simulated.crowds import write_crowds

    path = write_crowds(
        Path(args.out),
        args.num,
        args.seed,
        split=args.split,
        with_images=not args.no_images,
    )
    images = sorted((path.parent.parent / args.split).glob("*.jpg"))
    write_manifest(path.parent.parent, [path, *(() if args.no_images else images)])
    print(f"{args.num} simulated images, seed {args.seed}: {path}")
    return 0
