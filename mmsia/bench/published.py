"""Published numbers as data: `reproduce/published/<paper>.yaml` behind a strict schema.

A typing slip in these files would silently move a verdict, so nothing is coerced and
nothing unknown is let through; an error names the file, table, row and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mmsia.errors import DataError
from mmsia.paths import project_root

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Kind = Literal["ours", "ablation", "baseline", "external", "derived"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column: what the print calls it, what it measures, which way is better."""

    name: str
    printed: str
    metric: str
    unit: str
    higher_is_better: bool
    params: dict[str, Any]
    derived: dict[str, Any] | None = None
    block: int | None = None
    part: int | None = None


class Row(_Strict):
    """One row: its label, whose method it is, and the printed value of each column."""

    id: str
    label: str
    kind: Kind
    values: dict[str, Number | None]
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
    derived_from: dict[str, Any] | None = None
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
    printed: Number
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
    try:
        # The loader below is a SafeLoader.
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(
            f"published numbers in {path}",
            expected="a readable YAML file",
            got=" ".join(str(error).split()),
            remedy="Restore the file from the repository",
        ) from error
    try:
        paper = PublishedPaper.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            f"published numbers in {path}, {_place(raw, first['loc'])}",
            expected="what the schema of mmsia/bench/published.py says",
            got=f"{first['msg']} ({first.get('input')!r:.60})",
            remedy="Correct the file",
        ) from error
    for problem in _contradictions(paper):
        raise DataError(
            f"published numbers in {path}, {problem}", remedy="Correct the file"
        )
    return paper


def load_all_published(folder: Path | None = None) -> tuple[PublishedPaper, ...]:
    """Every paper of `reproduce/published`, sorted by key."""
    folder = folder or project_root() / "reproduce" / "published"
    papers = [load_published(path) for path in sorted(folder.glob("*.yaml"))]
    return tuple(sorted(papers, key=lambda paper: paper.paper.key))


def _contradictions(paper: PublishedPaper) -> list[str]:
    """What a field-by-field schema cannot see."""
    problems = _duplicates("table", [table.id for table in paper.tables])
    problems += _duplicates("statement", [s.id for s in paper.statements])
    for table in paper.tables:
        where = f"table {table.id}"
        if not table.id.startswith(f"{paper.paper.key}/"):
            problems.append(f"{where}: the id does not start with {paper.paper.key}/")
        names = [column.name for column in table.columns]
        problems += _duplicates(f"{where}, column", names)
        problems += _duplicates(f"{where}, row", [row.id for row in table.rows])
        for row in table.rows:
            missing = [name for name in names if name not in row.values]
            unknown = [name for name in row.values if name not in names]
            if missing:
                problems.append(f"{where}, row {row.id}: no value for {missing[0]!r}")
            if unknown:
                problems.append(f"{where}, row {row.id}: no column {unknown[0]!r}")
    return problems


def _duplicates(what: str, ids: Sequence[str]) -> list[str]:
    repeated = sorted({i for i in ids if ids.count(i) > 1})
    return [f"{what} {i!r} stands there twice" for i in repeated]


def _place(raw: Any, loc: Sequence[int | str]) -> str:
    """`table gog/table1, row ours-1, column ap` from pydantic's index path."""
    singular = {"tables": "table", "rows": "row", "columns": "column"}
    words: list[str] = []
    here, parent = raw, ""
    for step in loc:
        if isinstance(step, int) and isinstance(here, list):
            here = here[step]
            name = here.get("id", here.get("name")) if isinstance(here, dict) else None
            words.append(f"{singular.get(parent, parent)} {name or step}")
        else:
            here = here.get(step) if isinstance(here, dict) else None
            if parent == "values":
                words.append(f"column {step}")
            elif step not in singular and step not in ("values", "float", "int"):
                words.append(f"key {step!r}")
            parent = str(step)
    return ", ".join(words) or "the top level"


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping, which YAML would let pass."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        """As the parent's, after looking at the keys."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", node.start_mark
                )
        return super().construct_mapping(node, deep)
