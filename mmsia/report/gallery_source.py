"""What figures of a row are made from: its run, its annotations, words about both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmsia.bench.figure_recipe import FigureRecipe
from mmsia.bench.session import TableState
from mmsia.bench.store import Store, StoredRun
from mmsia.bench.terms import Status
from mmsia.errors import DataError
from mmsia.files import sha256_file


def run_of(state: TableState, row: str, store: Store) -> StoredRun:
    """The run that stands for a row: that of its first seed.

    Args:
        state: What came of the table.
        row: Id of the row.
        store: Where its run is.

    Raises:
        DataError: If there is none.
    """
    entry = state.rows.get(row)
    done = entry is not None and entry.status is Status.DONE
    run = store.load(entry.run) if done and entry.run else None
    if run is None:
        raise DataError(f"row {row} of {state.table}", expected="a run", got="none")
    return run


def annotations_of(state: TableState) -> Path:
    """The annotations that a table's runs read.

    Args:
        state: What came of the table.

    Raises:
        DataError: If they have moved, or the file is another one now.
    """
    path = Path(state.data["path"])
    wanted = state.data.get("annotations_digest", state.data["digest"])
    if not path.is_file():
        raise DataError("its annotations have moved", got=f"no file {path}")
    if (digest := sha256_file(path)) != wanted:
        raise DataError(
            f"its annotations {path} have changed", expected=wanted, got=digest
        )
    return path


def seed_note(state: TableState, row: str) -> str:
    """Which of several seeds is shown, as the end of a caption."""
    number = len(state.rows[row].runs)
    return f" The first of {number} seeds." if number > 1 else ""


def figure_words(recipe: FigureRecipe) -> dict[str, Any]:
    """Title and file name of a figure, as `Figure` takes them."""
    return {
        "title": f"{recipe.figure}: {recipe.title}",
        "csv_name": f"{recipe.figure.replace('/', '-')}.csv",
    }
