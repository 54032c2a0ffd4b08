"""`mmsia VERB ...`: finds the verb's module, parses its options and runs it.

A verb's module has `HELP`, `add_arguments(parser)` and `run(args)`, and is imported
only when its verb is called: `mmsia --help` stays quick.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

import mmsia
from mmsia.errors import MMSIAError
from mmsia.interrupts import noting_interrupts
from mmsia.log import set_up_logging

VERBS = {
    "list": "papers, tables, rows, evidence, and what is missing to run each here",
    "plan": "the runs behind the tables: what is cached, expected time, disk",
    "reproduce": "run what is missing of a table, compare it, write the report",
    "report": "write the report of a work folder again",
    "verify": "recompute every metric from stored predictions",
    "diff": "which scores moved between two work folders, and what changed",
    "pack": "finished runs of a work folder in archives, without their weights",
    "merge": "join the results of several work folders",
    "audit": "recompute every derived published cell; list the papers' own "
    "contradictions",
    "structure": "parameters and multiply-adds of a config's network",
    "simulate": "write a simulated data set in a real one's format",
    "prepare": "original downloads into the layout, annotations and manifest that "
    "configs read",
    "convert": "foreign weights and licensed files into plain ones that run nothing",
    "benchmark": "speed of a method's parts beside their peers",
    "anchors": "test public weights whose score is known, before trusting rows at "
    "paper scale",
    "train": "train a config with MMPose's runner",
    "test": "test a checkpoint with MMPose's runner",
    "demo": "draw what a row's or a config's network finds in pictures",
    "export": "write the submission file of a row that only a server can score",
    "import-score": "enter the server's answer for a row that only it can score",
    "doctor": "what is installed, what is missing, and the line that mends it",
}
"""Verb -> its one line in the overview, the same as its module's `HELP`."""

OK, DIFFERS, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status.

    Args:
        argv: Words after the program's name; the process's own if None.

    Returns:
        0 fine, 1 something failed or differs, 2 could not run, 130 interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return OK if words else COULD_NOT_RUN
    if words[0] in ("-V", "--version"):
        print(f"mmsia {mmsia.__version__}")
        return OK
    verb = words[0]
    if verb not in VERBS:
        print(_unknown(verb), file=sys.stderr)
        return COULD_NOT_RUN
    return _run_verb(verb, words[1:])


def _run_verb(verb: str, words: list[str]) -> int:
    set_up_logging()
    try:
        module = load_verb(verb)
        words = getattr(module, "spell_out", list)(words)
        args = make_parser(verb, module).parse_args(words)
        with noting_interrupts():
            return module.run(args)
    except MMSIAError as error:
        print(f"mmsia {verb}: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except ModuleNotFoundError as error:
        if (error.name or "mmsia").partition(".")[0] == "mmsia":
            raise
        print(
            f"mmsia {verb}: the package {error.name} is not installed here. "
            "`mmsia doctor` tells the line that mends it.",
            file=sys.stderr,
        )
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print(f"\nmmsia {verb}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # `mmsia list | head`: nobody reads any more, also not at exit's flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def load_verb(verb: str) -> ModuleType:
    """Import the module of a verb.

    Args:
        verb: One of `VERBS`.
    """
    return importlib.import_module(f"mmsia.cli.{verb.replace('-', '_')}")


def make_parser(verb: str, module: ModuleType) -> argparse.ArgumentParser:
    """Return the parser of a verb; its --help prints every default.

    Args:
        verb: Name on the command line.
        module: Its module.
    """
    parser = argparse.ArgumentParser(
        prog=f"mmsia {verb}",
        description=f"{module.HELP[0].upper()}{module.HELP[1:]}.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        # A mistyped option must not pass for the one that it begins like.
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return parser


def _overview() -> str:
    width = max(map(len, VERBS)) + 2
    lines = [f"  {verb:<{width}}{text}" for verb, text in VERBS.items()]
    return "\n".join(
        [
            "usage: mmsia VERB ... (also python -m mmsia VERB ...)",
            "",
            "Benchmark and reproduction suite for keypoint methods on MMPose.",
            "",
            *lines,
            "",
            "`mmsia VERB --help` prints a verb's options and their defaults.",
            "Exit status: 0 fine, 1 something failed or differs, 2 could not run.",
        ]
    )


def _unknown(verb: str) -> str:
    near = difflib.get_close_matches(verb, VERBS, n=1)
    hint = f" Did you mean `mmsia {near[0]}`?" if near else ""
    return (
        f"mmsia: there is no verb {verb!r}: expected one of {', '.join(VERBS)}.{hint}"
    )
