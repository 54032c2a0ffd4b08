"""`mmsia convert CKPT`, `mmsia convert mano`: foreign files into plain ones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HELP = "foreign weights and licensed files into plain ones that run nothing"
_MANO = "MANO_LEFT.pkl and MANO_RIGHT.pkl into npz files; no chumpy is needed"
_WEIGHTS = "a checkpoint into safetensors, with a record of both digests beside it"
_KINDS = ("weights", "mano")


def spell_out(words: Sequence[str]) -> list[str]:
    """`mmsia convert CKPT` as `mmsia convert weights CKPT`.

    A file that is named as one of the kinds is written with its folder: `./mano`.

    Args:
        words: What stands after the verb.
    """
    if not words or words[0] in (*_KINDS, "-h", "--help"):
        return list(words)
    return ["weights", *words]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be converted, each with its options."""
    kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    _add_weights(kinds)
    mano = kinds.add_parser(
        "mano", help=_MANO, description=f"{_MANO}.", allow_abbrev=False
    )
    mano.add_argument("source", help="folder with both pickles")
    mano.add_argument("folder", help="folder for both npz files")


def _add_weights(kinds: argparse._SubParsersAction) -> None:
    weights = kinds.add_parser(
        "weights",
        help=f"{_WEIGHTS}; the word `weights` may be left out",
        description=f"{_WEIGHTS[0].upper()}{_WEIGHTS[1:]}.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    weights.add_argument("source", type=Path, metavar="CKPT", help="checkpoint file")
    weights.add_argument(
        "target",
        type=Path,
        nargs="?",
        metavar="OUT",
        help="file to write (CKPT's name with .safetensors)",
    )
    weights.add_argument(
        "--config",
        metavar="CONFIG",
        help="check every name and shape against this config's network, and write its "
        "names (the file's own)",
    )
    weights.add_argument(
        "--start",
        action="store_true",
        help="with --config: they start a training, so that a head may be missing",
    )
    weights.add_argument(
        "--trust",
        action="store_true",
        help="read a file that holds more than tensors, which runs code from it, once",
    )


def run(args: argparse.Namespace) -> int:
    """Convert, and tell the files and their digests."""
    return _convert_mano(args) if args.what == "mano" else _convert_weights(args)


def _convert_mano(args: argparse.Namespace) -> int:
    from mmsia.datasets.mano_convert import convert_mano
    from mmsia.files import sha256_file

    for path in convert_mano(args.source, args.folder):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, sha256 {sha256_file(path)}")
    return 0


def _convert_weights(args: argparse.Namespace) -> int:
    from mmsia.errors import ConfigError
    from mmsia.models.weights.conversion import SUFFIX, convert_weights, record_path

    if args.start and args.config is None:
        raise ConfigError(
            "--start tells which parts of a network may be missing",
            expected="--config beside it",
        )
    done = convert_weights(
        args.source,
        args.target or args.source.with_suffix(SUFFIX),
        model=None if args.config is None else _network(args.config),
        start=args.start,
        trust=args.trust,
    )
    source, result = done.record["source"], done.record["result"]
    whose = source["names"] or "nobody that mmsia knows"
    print(f"{args.source}: sha256 {source['sha256']}, names of {whose}")
    print(
        f"{done.path}: {result['num_weights']} weights, {result['num_numbers']} "
        f"numbers, {result['bytes'] / 1e6:.1f} MB, sha256 {result['sha256']}"
    )
    for what, names in (
        ("has no place in the network", done.record["dropped"]),
        ("is not in the file", done.record["missing"]),
        ("is no weight", done.record["not_weights"]),
    ):
        for name in names:
            print(f"  {what}: {name}")
    print(f"record: {record_path(done.path)}")
    return 0


def _network(config: str) -> Any:
    """The network of a config, shapes without numbers."""
    import torch
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS

    from mmsia.engine.run_config import load_run_config

    loaded = load_run_config(config)
    init_default_scope(loaded.get("default_scope", "mmpose"))
    with torch.device("meta"):
        return MODELS.build(loaded.model)
