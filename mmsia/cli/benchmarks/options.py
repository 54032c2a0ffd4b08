"""Options that several benchmarks have, and the file of all numbers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmsia.errors import InputError

PEOPLE = (1, 5, 10, 20, 30)


def add_people(parser: argparse.ArgumentParser) -> None:
    """Declare `--people` and `--ann-file`.

    Args:
        parser: Of a benchmark.
    """
    parser.add_argument(
        "--people",
        type=int,
        nargs="+",
        default=list(PEOPLE),
        help="numbers of simulated people in an image",
    )
    parser.add_argument(
        "--ann-file", help="COCO keypoints: measure on these annotations as well"
    )


def add_timing(parser: argparse.ArgumentParser) -> None:
    """Declare `--rounds` and `--threads`.

    Args:
        parser: Of a benchmark.
    """
    parser.add_argument("--rounds", type=int, default=20, help="timed rounds")
    add_threads(parser)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Declare `--threads`.

    Args:
        parser: Of a benchmark.
    """
    parser.add_argument(
        "--threads", type=int, default=1, help="threads of torch, OpenCV"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare `--json`.

    Args:
        parser: Of a benchmark.
    """
    parser.add_argument("--json", help="file to write all numbers to")


def expect_positive(args: argparse.Namespace, names: Sequence[str]) -> None:
    """Check numbers that must be 1 or more.

    Args:
        args: Parsed options.
        names: Of those whose value, or whose every value, is checked.

    Raises:
        InputError: One below.
    """
    for name in names:
        given = getattr(args, name)
        value = min(given) if isinstance(given, list) else given
        if value < 1:
            shown = name.replace("_", "-")
            raise InputError(f"--{shown}", expected="at least 1", got=str(value))


def expect_size(size: int) -> None:
    """Check `--size`.

    Args:
        size: Edge of an input, pixels.

    Raises:
        InputError: Another one than can be halved twice.
    """
    if size < 32 or size % 4:
        raise InputError(
            "--size", expected="a multiple of 4, at least 32", got=str(size)
        )


def write_numbers(
    measured: list[dict[str, Any]], args: argparse.Namespace, **used: int
) -> None:
    """Write what was measured to `--json`, if it is given, and say so.

    Args:
        measured: Plain values.
        args: Parsed options.
        **used: Resources, for the provenance.
    """
    if not args.json:
        return
    from mmsia.bench.provenance import environment
    from mmsia.files import write_json

    options = {name: value for name, value in vars(args).items() if name != "json"}
    write_json(
        Path(args.json),
        {
            "schema": 1,
            "provenance": {**environment(), **used},
            "options": options,
            "measured": measured,
        },
    )
    print(f"all numbers: {args.json}")
