"""Speeds and memory in a report: the device, a row's numbers, where the time goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.bench.efficiency_cells import device_words
from mmsia.bench.efficiency_scores import FPS, FPS_FIXED, STEPS, TRAIN, score_name
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.session import TableState
from mmsia.bench.stats import interval
from mmsia.bench.store import StoredRun
from mmsia.report.csv_text import csv_text
from mmsia.report.figures import Figure
from mmsia.report.numbers import NOTHING
from mmsia.report.pictures import STYLE, data_uri, save_svg

LABELS = {
    FPS: "images a second",
    FPS_FIXED: "images a second, of one size",
    "fps_fp16": "images a second, half precision",
    "prepared_ms": "onto the device, normalised (ms)",
    "network_ms": "network (ms)",
    "after_ms": "post-processing (ms)",
    "loaded_ms": "loading (ms)",
    TRAIN: "training samples a second",
    "allocated_mb": "memory allocated in training (MB)",
    "reserved_mb": "memory reserved in training (MB)",
    "resident_mb": "memory of a training process (MB)",
}
"""Score of a row -> how a report calls it."""

_STEPS = {
    STEPS["loaded"]: ("loading", "#CC79A7"),
    STEPS["prepared"]: ("onto the device", "#E69F00"),
    STEPS["network"]: ("network", "#0072B2"),
    STEPS["after"]: ("post-processing", "#D55E00"),
}


@dataclass(frozen=True)
class TimedRow:
    """A row as an efficiency run has it.

    Attributes:
        label: Of the row.
        scores: Score -> value.
        intervals: Score -> 95 % interval over the rounds.
        printed: Score -> what the paper prints for it.
        draws: Score -> (B,) on draws of the rounds, which rows share.
    """

    label: str
    scores: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    printed: Mapping[str, float]
    draws: Mapping[str, np.ndarray]


def speed_run(state: TableState, runs: Mapping[str, StoredRun]) -> StoredRun | None:
    """The efficiency run of a table, if there is one.

    Args:
        state: What came of the table.
        runs: Finished runs by key.
    """
    keys = (row.efficiency or "" for row in state.rows.values())
    return next((runs[key] for key in keys if key in runs), None)


def about_speeds(stored: StoredRun) -> str:
    """One or two sentences on what speeds of a table were measured on, and how.

    Args:
        stored: Its efficiency run.
    """
    about = stored.result["device"]
    said = [f"Speed and memory are information, measured on {device_words(about)}"]
    if about["people"]:
        found = sorted(set(about["people"].values()))
        fewest = f", of whom at least {found[0]} were found" if found else ""
        sizes = ", ".join(f"{w} x {h}" for w, h in about["sizes"])
        said.append(
            f"one image at a time, of {sizes} pixels with {about['boxes']} annotated "
            f"people{fewest}"
        )
    return f"{'; '.join(said)}."


def speed_scores(row: str, stored: StoredRun) -> tuple[tuple[str, str, str, str], ...]:
    """The fold-out of a row: label, value, and nothing beside it.

    Args:
        row: Row id.
        stored: The efficiency run.
    """
    scores = stored.result["scores"]
    named = {name: score_name(row, name) for name in LABELS}
    return tuple(
        (LABELS[name], f"{scores[key]:.3g}", NOTHING, NOTHING)
        for name, key in named.items()
        if key in scores
    )


def timed_rows(entry: CatalogueEntry, stored: StoredRun) -> list[TimedRow]:
    """The rows of a run in the order of the table.

    Args:
        entry: The published table.
        stored: Its efficiency run.
    """
    result, draws, found = stored.result, stored.draws, []
    for row in entry.table.rows:
        names = {name: score_name(row.id, name) for name in LABELS}
        scores = {
            name: result["scores"][key]
            for name, key in names.items()
            if key in result["scores"]
        }
        intervals = {
            name: tuple(result["intervals"][key])
            for name, key in names.items()
            if key in result["intervals"]
        }
        printed = {
            score: float(value)
            for column, score in entry.recipe.efficiency.items()
            if (value := row.values[column]) is not None
        }
        if scores:
            drawn = {name: draws[key] for name, key in names.items() if key in draws}
            found.append(TimedRow(row.label, scores, intervals, printed, drawn))
    return found


def speeds_figure(entry: CatalogueEntry, stored: StoredRun) -> Figure | None:
    """Where the time of an image goes, and speeds relative to the first row.

    Args:
        entry: The published table.
        stored: Its efficiency run.
    """
    rows = timed_rows(entry, stored)
    score = next((s for s in (FPS, TRAIN) if any(s in r.scores for r in rows)), None)
    if score is None:
        return None
    about = stored.result["device"]
    return Figure(
        title="Speed of the rows beside each other.",
        caption=f"Measured on {device_words(about)}. Relative speeds: filled, here, "
        "with the 95 % interval over the rounds, which rows share; hollow, as printed, "
        "on the paper's device. Nothing is judged by them.",
        image=data_uri(draw_speeds(rows, score)),
        narrow_image=data_uri(draw_speeds(rows, score, narrow=True)),
        csv_name=f"{entry.table.id.replace('/', '-')}-speeds.csv",
        csv_text=_csv(rows),
    )


def draw_speeds(rows: list[TimedRow], score: str, *, narrow: bool = False) -> bytes:
    """The picture as SVG, the same bytes for the same rows.

    Args:
        rows: The rows.
        score: What is compared: `fps` or `train_sps`.
        narrow: For narrow pages.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    split = any(step in row.scores for row in rows for step in _STEPS)
    panels = 2 if split else 1
    with matplotlib.rc_context(fname=STYLE):
        high = 1.3 + 0.38 * len(rows)
        size = (4.2, high * panels) if narrow else (9.2, high)
        canvas = Canvas(figsize=size)
        shape = (panels, 1) if narrow else (1, panels)
        axes = canvas.subplots(*shape, squeeze=False).ravel()
        for panel in axes:
            panel.set_yticks(range(len(rows)), [_short(row.label) for row in rows])
            panel.set_ylim(len(rows) - 0.5, -0.5)
            panel.grid(visible=False, axis="y")
        if split:
            _draw_split(axes[0], rows)
            if not narrow:
                axes[1].set_yticklabels([])
        _draw_relative(axes[-1], rows, score)
        handles, labels = [], []
        for panel in axes:
            own = panel.get_legend_handles_labels()
            handles += own[0]
            labels += own[1]
        columns = 2 if narrow else 6
        canvas.legend(handles, labels, loc="outside upper center", ncols=columns)
        return save_svg(canvas)


def _draw_split(panel: Any, rows: list[TimedRow]) -> None:
    left = [0.0] * len(rows)
    for step, (label, colour) in _STEPS.items():
        widths = [row.scores.get(step, 0.0) for row in rows]
        panel.barh(range(len(rows)), widths, left=left, color=colour, label=label)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    panel.set_xlabel("time of one image (ms)")


def _draw_relative(panel: Any, rows: list[TimedRow], score: str) -> None:
    first = rows[0]
    for place, row in enumerate(rows):
        labels = ("here", "as printed") if place == 0 else (None, None)
        if score in row.scores and score in first.scores:
            base = first.scores[score]
            value = row.scores[score] / base
            low, high = interval(row.draws[score] / first.draws[score])
            panel.errorbar(
                [value],
                [place],
                xerr=[[max(0.0, value - low)], [max(0.0, high - value)]],
                fmt="o",
                color="#0072B2",
                label=labels[0],
            )
        if score in row.printed and score in first.printed:
            panel.plot(
                [row.printed[score] / first.printed[score]],
                [place],
                marker="D",
                linestyle="",
                markerfacecolor="none",
                color="#D55E00",
                label=labels[1],
            )
    what = "images" if score == FPS else "training samples"
    panel.set_xlabel(f"{what} a second, first row = 1")
    panel.axvline(1.0, color="#888888", linewidth=0.8)


def _short(label: str) -> str:
    from mmsia.report.view import plain_label

    plain = plain_label(label)
    return plain if len(plain) <= 28 else f"{plain[:27]}…"


def _csv(rows: list[TimedRow]) -> str:
    def lines():
        for row in rows:
            for name, value in row.scores.items():
                ends = [f"{e:.6g}" for e in row.intervals.get(name, ())] or ["", ""]
                yield row.label, name, f"{value:.6g}", *ends, row.printed.get(name, "")

    header = ("row", "score", "here", "low", "high", "printed, another device")
    return csv_text(header, lines())
