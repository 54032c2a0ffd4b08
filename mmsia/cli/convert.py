"""`mmsia convert WHAT`: licensed or foreign files into plain, safe ones."""

from __future__ import annotations

import argparse

HELP = "licensed files into plain arrays, without running anything in them"
_MANO = "MANO_LEFT.pkl and MANO_RIGHT.pkl into npz files; no chumpy is needed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be converted, each with its options."""
    kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    mano = kinds.add_parser(
        "mano", help=_MANO, description=f"{_MANO}.", allow_abbrev=False
    )
    mano.add_argument("source", help="folder with both pickles")
    mano.add_argument("folder", help="folder for both npz files")


def run(args: argparse.Namespace) -> int:
    """Convert, and tell the files and their digests."""
    from mmsia.datasets.mano_convert import convert_mano
    from mmsia.files import sha256_file

    for path in convert_mano(args.source, args.folder):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, sha256 {sha256_file(path)}")
    return 0
