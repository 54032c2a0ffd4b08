"""What verbs that train and test tell of data: made by mmsia, or not whole."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


def add_partial_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the option.

    Args:
        parser: The verb's parser.
    """
    parser.add_argument(
        "--allow-partial",
        action="store_true",
        help="go on with data that was not whole when it was prepared, and say so with "
        "every number",
    )


def check_partial(
    config: Any, loaders: Sequence[str], allow_partial: bool
) -> list[str]:
    """Compare what a config reads with the manifests of its data folders.

    Args:
        config: The config.
        loaders: Keys of data loaders; those that it lacks are passed over.
        allow_partial: Whether to go on, and only tell.

    Returns:
        Why numbers are not those of the whole data set.

    Raises:
        DataError: If they are not, and that is not allowed.
    """
    from mmsia.engine.data_check import check_prepared

    reasons: list[str] = []
    for key in loaders:
        if config.get(key) is not None:
            reasons += check_prepared(config[key].dataset, allow_partial=allow_partial)
    return list(dict.fromkeys(reasons))


def check_simulated(config: Any, loaders: Sequence[str]) -> bool:
    """Tell if mmsia made what a config reads.

    Args:
        config: The config.
        loaders: Keys of data loaders; those that it lacks are passed over.

    Returns:
        Whether it made some of it.
    """
    from mmsia.engine.data_check import is_made

    there = [config[key].dataset for key in loaders if config.get(key) is not None]
    made = any(map(is_made, there))
    if made:
        print("SIMULATED data: no number is comparable with a paper's")
    return made


def print_partial(reasons: Sequence[str]) -> None:
    """Tell why numbers are not those of the whole data set.

    Args:
        reasons: Of `check_partial`.
    """
    for reason in reasons:
        print(f"partial data: {reason}")
