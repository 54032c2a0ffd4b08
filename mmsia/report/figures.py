"""Figures of a table: each as an embedded picture and as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmsia.bench.claim_checklist import Trainings, losses_of
from mmsia.bench.compare import Cell
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.session import TableState
from mmsia.bench.store import StoredRun
from mmsia.bench.terms import Evidence


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
    trainings: Trainings,
) -> list[Figure]:
    """Figures of one table: differences from the print, and curves of its runs.

    Args:
        entry: The published table.
        state: What came of its rows.
        cells: Its cells, compared.
        runs: Finished runs by key.
        trainings: The trainings behind them.
    """
    from mmsia.report.differences import differences_figure
    from mmsia.report.laboratory import laboratory_figure
    from mmsia.report.pck_curves import pck_figure
    from mmsia.report.speeds import speed_run, speeds_figure
    from mmsia.report.training_curves import training_figure

    found = [differences_figure(entry, cells), pck_figure(entry, cells)]
    if (timed := speed_run(state, runs)) is not None:
        found.append(speeds_figure(entry, timed))
    stored = {
        row.label: [runs[k] for k in state.rows[row.id].runs if k in runs]
        for row in entry.table.rows
    }
    damaged = {
        label: own[0].result["curves"]
        for label, own in stored.items()
        if own and own[0].result["curves"]
    }
    if damaged:
        found.append(laboratory_figure(entry.table.id, damaged))
    if state.evidence is Evidence.TRAINING:
        losses = {
            label: [losses_of(t) for run in own if (t := trainings.of(run))]
            for label, own in stored.items()
        }
        losses = {label: curves for label, curves in losses.items() if all(curves)}
        if any(losses.values()):
            trained = {label: curves for label, curves in losses.items() if curves}
            found.append(training_figure(entry.table.id, trained))
    return [figure for figure in found if figure is not None]
