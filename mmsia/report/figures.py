"""Figures of a table: each as an embedded picture and as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmsia.bench.compare import Cell
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.session import TableState
from mmsia.bench.store import StoredRun


@dataclass(frozen=True)
class Figure:
    """A picture with the numbers behind it.

    Attributes:
        title: What it shows.
        caption: How to read it.
        image: Data URI of an SVG, for wide pages.
        narrow_image: The same with its panels one below the other.
        csv_name: File of the numbers beside the page.
        csv_text: Its content.
    """

    title: str
    caption: str
    image: str
    narrow_image: str
    csv_name: str
    csv_text: str


def table_figures(
    entry: CatalogueEntry,
    state: TableState,
    cells: Sequence[Cell],
    runs: Mapping[str, StoredRun],
) -> list[Figure]:
    """Figures of one table: differences from the print, and curves of its runs.

    Args:
        entry: The published table.
        state: What came of its rows.
        cells: Its cells, compared.
        runs: Finished runs by key.
    """
    from mmsia.report.differences import differences_figure

    differences = differences_figure(entry, cells)
    figures = [] if differences is None else [differences]
    curves = {}
    for row in entry.table.rows:
        stored = runs.get(state.rows[row.id].run or "")
        if stored is not None and stored.result["curves"]:
            curves[row.label] = stored.result["curves"]
    if curves:
        from mmsia.report.laboratory import laboratory_figure

        figures.append(laboratory_figure(entry.table.id, curves))
    return figures
