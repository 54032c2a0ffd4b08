"""`mmsia benchmark WHAT`: speed beside peers, or what a part is worth."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from mmsia.cli.benchmarks import components

HELP = "speed of a method's parts beside their peers"
METHODS = (
    "gog",
    "edge-graph-conv",
    "cganet",
    "klpnet",
    "hand-mesh",
    "switches",
    "simulate",
    "calibrate",
)
"""Names on the command line; modules of `mmsia.cli.benchmarks`."""


def spell_out(words: Sequence[str]) -> list[str]:
    """Let `--all` stand for `all`, which has options of its own.

    Args:
        words: Of the command line, after the verb.
    """
    first = [components.ALL if word == "--all" else word for word in words[:1]]
    return [*first, *words[1:]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be measured, each with its options."""
    parser.epilog = "--all is short for all."
    whats = parser.add_subparsers(dest="method", required=True, metavar="WHAT")
    for name, text in components.HELP.items():
        components.add_arguments(_child(whats, name, text))
    for name in METHODS:
        module = _module_of(name)
        module.add_arguments(_child(whats, name, module.HELP))


def run(args: argparse.Namespace) -> int:
    """Measure, print, and write the file."""
    if args.method in components.HELP:
        return components.run(args)
    return _module_of(args.method).run(args)


def _child(whats: Any, name: str, text: str) -> argparse.ArgumentParser:
    child: argparse.ArgumentParser = whats.add_parser(
        name,
        help=text,
        description=text,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    return child


def _module_of(name: str) -> ModuleType:
    return importlib.import_module(f"mmsia.cli.benchmarks.{name.replace('-', '_')}")
