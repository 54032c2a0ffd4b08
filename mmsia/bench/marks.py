"""Marks that a table contradicts by itself: bold off the best value, changing types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mmsia.bench.published import Column, PublishedPaper, Row, Table


@dataclass(frozen=True)
class MarkFinding:
    """A printed mark that the printed numbers or another table contradict.

    Attributes:
        id: `table#bold.column`, with the panel where there are several, or
            `paper/type.label`.
        level: BOLD or FALSE.
        about: What is marked and what it should be.
    """

    id: str
    level: str
    about: str


def audit_marks(paper: PublishedPaper) -> list[MarkFinding]:
    """Bold marks that are not on the best value, and types that change by table.

    A column of a panel is looked at only if something in it is bold: papers mark
    what they like.
    """
    findings = [mark for table in paper.tables for mark in _bold(table)]
    types: dict[str, dict[str, str]] = {}
    for table in paper.tables:
        for row in table.rows:
            if row.type is not None:
                types.setdefault(row.label, {})[table.id] = row.type
    for label, by_table in types.items():
        if len(set(by_table.values())) > 1:
            texts = ", ".join(f"{kind} in {table}" for table, kind in by_table.items())
            name = f"{paper.paper.key}/type.{label}"
            findings.append(MarkFinding(name, "FALSE", f"{label} is {texts}"))
    return findings


def _bold(table: Table) -> Iterator[MarkFinding]:
    for panel in dict.fromkeys(row.panel for row in table.rows):
        rows = [row for row in table.rows if row.panel == panel]
        for column in table.columns:
            marked = [row for row in rows if column.name in row.bold]
            best = _best(rows, column)
            name = f"{table.id}#bold.{f'{panel}.' if panel else ''}{column.name}"
            for row in marked:
                if best is not None and row.values[column.name] != best[1]:
                    about = (
                        f"bold on {row.values[column.name]} ({row.label}), the best "
                        f"is {best[1]} ({best[0].label})"
                    )
                    yield MarkFinding(name, "BOLD", about)


def _best(rows: list[Row], column: Column) -> tuple[Row, float] | None:
    values = [(r, v) for r in rows if (v := r.values[column.name]) is not None]
    choose = max if column.higher_is_better else min
    return choose(values, key=lambda pair: pair[1], default=None)
