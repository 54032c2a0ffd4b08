"""Published numbers as data: `reproduce/published/<paper>.yaml` behind a strict schema.

A typing slip in these files would silently move a verdict, so nothing is coerced and
nothing unknown is let through; an error names the file, table, row and column.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mmsia.bench.printed import Printed, read_yaml
from mmsia.bench.published_checks import contradictions, place_of
from mmsia.errors import DataError
from mmsia.paths import project_root

Kind = Literal["ours", "ablation", "baseline", "external", "derived"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeanOf(_Strict):
    """A column that is the mean of others of its row; empty cells do not count."""

    op: Literal["mean"]
    of: tuple[str, ...] = Field(min_length=1)


class DifferenceToRow(_Strict):
    """A column that is another column's value minus that of one row."""

    op: Literal["difference_to_row"]
    column: str
    row: str


Derived = Annotated[MeanOf | DifferenceToRow, Field(discriminator="op")]


class DifferenceOfRows(_Strict):
    """A row that is one row minus another."""

    op: Literal["difference"]
    minuend: str
    subtrahend: str


class Column(_Strict):
    """One column: what the print calls it, what it measures, which way is better."""

    name: str
    printed: str
    metric: str
    unit: str
    higher_is_better: bool
    params: dict[str, Any]
    derived: Derived | None = None
    block: int | None = None
    part: int | None = None


class Row(_Strict):
    """One row: its label, whose method it is, and the printed value of each column."""

    id: str
    label: str
    kind: Kind
    values: dict[str, Printed | None]
    backbone: str | None = None
    backbone_from: str | None = None
    bold: tuple[str, ...] = ()
    type: str | None = None
    panel: str | None = None
    stages: int | None = None
    flags: tuple[str, ...] = ()
    input: str | None = None
    params: dict[str, Any] = {}
    quotes: dict[str, str] = {}
    derived_from: DifferenceOfRows | None = None
    reading: str | None = None
    approximate: bool = False
    tag: str | None = None
    builds_on: str | None = None


class Table(_Strict):
    """One table, or a set of numbers that stand in the text alone."""

    id: str
    title: str
    dataset: str
    split: str
    columns: tuple[Column, ...] = Field(min_length=1)
    rows: tuple[Row, ...] = Field(min_length=1)
    notes: tuple[str, ...] = ()
    conditions: dict[str, Any] = {}
    transposed: bool = False
    text_only: bool = False

    def row(self, row_id: str) -> Row:
        """The row of this id."""
        return next(row for row in self.rows if row.id == row_id)


class Statement(_Strict):
    """A number of the prose, with the expression that recomputes it from tables."""

    id: str
    where: str
    about: str
    printed: Printed
    unit: str
    expression: str


class Paper(_Strict):
    """The citation."""

    key: str
    title: str
    venue: str
    year: int
    authors: tuple[str, ...]
    text: str | None = None
    venue_note: str | None = None


class PublishedPaper(_Strict):
    """Every printed number of one paper."""

    paper: Paper
    tables: tuple[Table, ...]
    statements: tuple[Statement, ...] = ()


def load_published(path: Path | str) -> PublishedPaper:
    """Read one file of printed numbers.

    Args:
        path: A `reproduce/published/*.yaml`.

    Raises:
        DataError: On anything that the schema does not know, naming the place.
    """
    path = Path(path)
    raw = read_yaml(path, "published numbers")
    try:
        paper = PublishedPaper.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            f"published numbers in {path}, {place_of(raw, first['loc'])}",
            expected="what the schema of mmsia/bench/published.py says",
            got=f"{first['msg']} ({first.get('input')!r:.60})",
            remedy="Correct the file",
        ) from error
    for problem in contradictions(paper):
        raise DataError(
            f"published numbers in {path}, {problem}", remedy="Correct the file"
        )
    return paper


def load_all_published(folder: Path | None = None) -> tuple[PublishedPaper, ...]:
    """Every paper of `reproduce/published`, sorted by key."""
    folder = folder or project_root() / "reproduce" / "published"
    papers = [load_published(path) for path in sorted(folder.glob("*.yaml"))]
    return tuple(sorted(papers, key=lambda paper: paper.paper.key))
