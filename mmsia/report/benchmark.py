"""The table and the plot of `mmsia benchmark`: wins and losses alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.speed.record import Outcome, Ratio, Record
from mmsia.errors import InputError
from mmsia.files import write_bytes_atomic, write_json, write_text_atomic
from mmsia.report.csv_text import csv_text
from mmsia.report.pictures import STYLE, save_svg
from mmsia.report.render import render

SCHEMA = 1
RECORDS, TABLE, PICTURE, NUMBERS = "speed.json", "speed.md", "speed.svg", "speed.csv"
NOTHING = ""

_COLOURS = {
    Outcome.FASTER: "#0072B2",
    Outcome.EVEN: "#666666",
    Outcome.SLOWER: "#D55E00",
}
_MARKERS = {Outcome.FASTER: "o", Outcome.EVEN: "s", Outcome.SLOWER: "X"}
_INCHES_A_LINE = 0.24
_COLUMNS = (
    *("component", "case", "ours", "ours_ms", "peer", "peer_ms", "times_as_long"),
    *("ci_low", "ci_high", "ours_is", "ours_megabytes", "peer_megabytes", "reason"),
)


def write_benchmark(records: Sequence[Record], folder: Path, command: str) -> None:
    """Write all numbers, the table, and the plot with its own numbers.

    Args:
        records: What was measured, one at least.
        folder: Made if it is not there.
        command: The command line that measured.

    Raises:
        InputError: No records.
    """
    if not records:
        raise InputError("a report of speed", expected="one record at least", got="0")
    folder.mkdir(parents=True, exist_ok=True)
    write_json(
        folder / RECORDS,
        {
            "schema": SCHEMA,
            "command": command,
            "records": [record.as_dict() for record in records],
        },
    )
    write_bytes_atomic(folder / PICTURE, ratios_svg(records))
    write_text_atomic(folder / NUMBERS, _csv(records))
    write_text_atomic(folder / TABLE, speed_table(records, command))


def speed_table(records: Sequence[Record], command: str) -> str:
    """The table as Markdown.

    Args:
        records: What was measured, one at least.
        command: The command line that measured.
    """
    first = records[0]
    outcomes = Counter(r.outcome for record in records for r in record.ratios)
    counts = {str(outcome): outcomes[outcome] for outcome in Outcome}
    counts["unexplained"] = sum(record.is_unexplained for record in records)
    return render(
        "benchmark.md",
        {
            "command": command,
            "device": _device(records),
            "threads": first.threads,
            "load": (first.load[0], records[-1].load[1]),
            "versions": first.versions,
            "counts": counts,
            "picture": PICTURE,
            "components": [
                (name, [row for record in found for row in table_rows(record)])
                for name, found in groupby(records, lambda record: record.component)
            ],
        },
    )


def table_rows(record: Record) -> list[dict[str, Any]]:
    """A record as lines of a table: one a peer, or one alone where there is none.

    Args:
        record: What was measured.
    """
    ours, ratios = record.ours, record.ratios
    low, high = ours.quartiles
    slower = any(ratio.outcome is Outcome.SLOWER for ratio in ratios)
    shared = {
        "case": record.case,
        "ours": ours.name,
        "ours_ms": f"{_ms(ours.median)} ({_ms(low)} - {_ms(high)})",
        "reason": record.reason if slower else NOTHING,
    }
    rows = [
        {
            **shared,
            "first": ratio is ratios[0],
            "peer": peer.name,
            "peer_ms": _ms(peer.median),
            "ratio": ratio_words(ratio),
            "outcome": str(ratio.outcome),
            "memory": _memory(record, peer.name),
        }
        for peer, ratio in zip(record.timings[1:], ratios, strict=True)
    ]
    alone = dict.fromkeys(("peer", "peer_ms", "ratio", "outcome", "memory"), NOTHING)
    return rows or [{**shared, **alone, "first": True}]


def ratio_words(ratio: Ratio) -> str:
    """A ratio and its interval.

    Args:
        ratio: Of a peer.
    """
    return f"{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"


def ratios_svg(records: Sequence[Record]) -> bytes:
    """Every ratio with its interval on a logarithmic axis, losses marked.

    Args:
        records: What was measured.
    """
    import matplotlib.pyplot as plt

    lines = [(record, ratio) for record in records for ratio in record.ratios]
    with plt.style.context(STYLE):
        height = 1.2 + _INCHES_A_LINE * max(1, len(lines))
        figure, axes = plt.subplots(figsize=(11, height))
        for outcome in Outcome:
            chosen = [
                (-place, ratio)
                for place, (_, ratio) in enumerate(lines)
                if ratio.outcome is outcome
            ]
            _draw(axes, chosen, outcome)
        axes.axvline(1, color="black", linewidth=1)
        axes.set_xscale("log")
        axes.set_yticks(
            -np.arange(len(lines)),
            [f"{record.case}  |  {ratio.peer}" for record, ratio in lines],
            fontsize=7,
        )
        axes.set_ylim(-len(lines) + 0.4, 0.6)
        axes.set_xlabel("the peer takes so many times as long as ours (95 % interval)")
        if lines:
            figure.legend(loc="outside upper right", ncols=len(Outcome))
        return save_svg(figure)


def _draw(axes: Any, chosen: Sequence[tuple[int, Ratio]], outcome: Outcome) -> None:
    if not chosen:
        return
    values = np.array([ratio.value for _, ratio in chosen])
    ends = np.array([(ratio.low, ratio.high) for _, ratio in chosen])
    reach = np.abs(ends - values[:, None]).T
    axes.errorbar(
        values,
        [place for place, _ in chosen],
        xerr=reach,
        linestyle="none",
        color=_COLOURS[outcome],
        marker=_MARKERS[outcome],
        markersize=4,
        linewidth=1.2,
        label=f"ours is {outcome}",
    )


def _csv(records: Sequence[Record]) -> str:
    rows = []
    for record in records:
        memory = record.megabytes
        shared = [record.component, record.case, record.ours.name, record.ours.median]
        if not record.ratios:
            rows.append([*shared, *[None] * 6, memory.get(record.ours.name), None, ""])
        for peer, ratio in zip(record.timings[1:], record.ratios, strict=True):
            rows.append(
                [
                    *shared,
                    peer.name,
                    peer.median,
                    ratio.value,
                    ratio.low,
                    ratio.high,
                    str(ratio.outcome),
                    memory.get(record.ours.name),
                    memory.get(peer.name),
                    record.reason if ratio.outcome is Outcome.SLOWER else "",
                ]
            )
    return csv_text(_COLUMNS, rows)


def _device(records: Sequence[Record]) -> dict[str, str]:
    """A GPU where one was used."""
    return dict(max((record.device for record in records), key=_is_gpu))


def _is_gpu(device: Any) -> bool:
    return device["kind"] == "cuda"


def _memory(record: Record, peer: str) -> str:
    found = [record.megabytes.get(name) for name in (record.ours.name, peer)]
    if None in found:
        return NOTHING
    return ", ".join(f"{megabytes:.0f}" for megabytes in found)


def _ms(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
