"""`mmsia verify W`: every metric of a work folder again, from stored predictions."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HELP = "recompute every metric from stored predictions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("work_dir", type=Path, metavar="W", help="a work folder")
    parser.add_argument(
        "--ann-file",
        type=Path,
        help="annotations to score on, of the same digest (None: the runs' own paths)",
    )


def run(args: argparse.Namespace) -> int:
    """Name every number that its predictions do not give.

    Returns:
        0 if all numbers follow, 1 if one does not or a result is damaged, 2 if there
        is nothing to verify.
    """
    from mmsia.bench.recompute import verify_run
    from mmsia.bench.store import Store
    from mmsia.cli.main import COULD_NOT_RUN, DIFFERS, OK
    from mmsia.errors import DataError

    store = Store(args.work_dir / "runs")
    keys = store.keys()
    if not keys:
        print(f"mmsia verify: no results in {store.folder}", file=sys.stderr)
        return COULD_NOT_RUN
    verified = problems = numbers = 0
    for key in keys:
        stored = store.load(key)
        if stored is None:
            print(f"{key}: the stored files are damaged")
            problems += 1
            continue
        # Trainings have no scores, and counts of networks follow from no predictions.
        if not stored.provenance["num_draws"]:
            continue
        try:
            differences = verify_run(store, stored, args.ann_file)
        except DataError as error:
            print(f"{key}: cannot be verified: {error}")
            problems += 1
            continue
        for difference in differences:
            print(difference)
        verified += 1
        numbers += len(stored.result["scores"])
        problems += len(differences)
    print(f"{verified} runs, {numbers} scores recomputed: {problems} problems")
    return DIFFERS if problems else OK
