"""`mmsia benchmark METHOD`: speed of a method's parts, or what a part is worth."""

from __future__ import annotations

import argparse
import importlib
from types import ModuleType

HELP = "speed of a method's parts beside their peers"
METHODS = (
    "gog",
    "edge-graph-conv",
    "cganet",
    "klpnet",
    "hand-mesh",
    "simulate",
    "calibrate",
)
"""Names on the command line; modules of `mmsia.cli.benchmarks`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the methods, each with its options."""
    methods = parser.add_subparsers(dest="method", required=True, metavar="METHOD")
    for name in METHODS:
        module = _module_of(name)
        child = methods.add_parser(
            name,
            help=module.HELP,
            description=module.HELP,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(child)


def run(args: argparse.Namespace) -> int:
    """Measure, print, and write the file."""
    return _module_of(args.method).run(args)


def _module_of(name: str) -> ModuleType:
    return importlib.import_module(f"mmsia.cli.benchmarks.{name.replace('-', '_')}")
