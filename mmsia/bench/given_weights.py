"""Weights that the command line names for rows of tables."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path

from mmsia.bench.recipe import CatalogueEntry
from mmsia.errors import ConfigError, DataError
from mmsia.files import sha256_file


def given_weights(
    checkpoints: Mapping[str, Path], entries: Iterable[CatalogueEntry]
) -> dict[str, tuple[str, Path]]:
    """Look up what was named.

    Args:
        checkpoints: `table/row` -> file.
        entries: The tables that were asked for.

    Returns:
        `table/row` -> SHA-256 and path.

    Raises:
        ConfigError: If one is for what is no row.
        DataError: If a file is missing.
    """
    rows = {f"{e.table.id}/{row}" for e in entries for row in e.recipe.every_row}
    for name, path in checkpoints.items():
        if name not in rows:
            near = difflib.get_close_matches(name, sorted(rows), n=3, cutoff=0.4)
            raise ConfigError(
                f"a checkpoint for {name!r}",
                expected="TABLE/ROW=FILE with a row of the tables asked for",
                got=f"{name}={path}",
                remedy=f"Closest: {', '.join(near)}" if near else "See `mmsia list`",
            )
        if not path.is_file():
            raise DataError(f"the checkpoint of {name}", expected=f"the file {path}")
    return {
        name: (sha256_file(path), path.resolve()) for name, path in checkpoints.items()
    }
