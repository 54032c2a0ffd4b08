"""Figures of a table: each as an embedded picture and as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    entry: CatalogueEntry, state: TableState, runs: Mapping[str, StoredRun]
) -> list[Figure]:
    """Figures of one table, none if no run of it has curves.

    Args:
        entry: The published table.
        state: What came of its rows.
        runs: Finished runs by key.
    """
    curves = {}
    for row in entry.table.rows:
        stored = runs.get(state.rows[row.id].run or "")
        if stored is not None and stored.result["curves"]:
            curves[row.label] = stored.result["curves"]
    if not curves:
        return []
    from mmsia.report.laboratory import laboratory_figure

    return [laboratory_figure(entry.table.id, curves)]
