"""Claims: what a paper says in words or by the order of its rows, as data.

`reproduce/claims/<paper>.yaml` holds every checkable statement with the rows that it
is about, the test that decides it, and where it can be tested at all. Smoke scale is
no such place: it proves the machinery alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mmsia.bench.printed import Printed, read_yaml
from mmsia.bench.published import PublishedPaper
from mmsia.bench.published_checks import place_of
from mmsia.errors import DataError
from mmsia.paths import project_root

Place = Literal["structure", "efficiency", "oracle", "mini", "paper"]
"""Where a claim can be tested on runs; the printed numbers are always looked at."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Order(_Strict):
    """Each row is better than the next, in every column."""

    kind: Literal["order"]
    table: str
    rows: tuple[str, ...] = Field(min_length=2)
    columns: tuple[str, ...] = Field(min_length=1)


class EachBeats(_Strict):
    """Every one of some rows is better than one other, in every column."""

    kind: Literal["each_beats"]
    table: str
    rows: tuple[str, ...] = Field(min_length=1)
    than: str
    columns: tuple[str, ...] = Field(min_length=1)


class Difference(_Strict):
    """First minus second is about a value, or at least it, in every column.

    Attributes:
        tolerance: In place of rounding's half unit, where a statement hedges.
    """

    kind: Literal["difference_about", "difference_at_least"]
    table: str
    first: str
    second: str
    columns: tuple[str, ...] = Field(min_length=1)
    value: Printed
    tolerance: float = Field(default=0.0, ge=0)


class BestInColumn(_Strict):
    """A row is best in all of some columns, or in any of them; a tie is best too."""

    kind: Literal["best_in_column"]
    table: str
    row: str
    among: tuple[str, ...] = Field(min_length=1)
    columns: tuple[str, ...] = Field(min_length=1)
    quantifier: Literal["all", "any"] = "all"


class Monotone(_Strict):
    """Values rise, fall, or rise and then fall, along rows or along columns."""

    kind: Literal["monotone"]
    table: str
    rows: tuple[str, ...] = Field(min_length=1)
    columns: tuple[str, ...] = Field(min_length=1)
    along: Literal["rows", "columns"]
    shape: Literal["rising", "falling", "rise-and-fall"]


class Within(_Strict):
    """An expression over printed cells lies strictly between two bounds."""

    kind: Literal["within"]
    expression: str
    low: float | None = None
    high: float | None = None


class Types(_Strict):
    """Rows carry a printed attribute."""

    kind: Literal["types"]
    table: str
    rows: tuple[str, ...] = Field(min_length=1)
    value: str


class Measured(_Strict):
    """Nothing is printed for it: what would be measured, and which way it must go."""

    kind: Literal["measured"]
    measure: str
    direction: str


class MeasuredRatio(Measured):
    """First over second of what no column prints lies strictly between two bounds.

    Attributes:
        score: Of an efficiency run.
    """

    kind: Literal["measured_ratio"]  # type: ignore[assignment]
    table: str
    first: str
    second: str
    score: str
    low: float
    high: float | None = None


Test = Annotated[
    Order
    | EachBeats
    | Difference
    | BestInColumn
    | Monotone
    | Within
    | Types
    | Measured
    | MeasuredRatio,
    Field(discriminator="kind"),
]


class Claim(_Strict):
    """One statement.

    Attributes:
        id: `paper/words`.
        section: Where the paper says it.
        statement: In our words.
        quote: A few of the paper's own, where the wording matters.
        test: What decides it.
        places: Where runs can test it.
        reason: Why it cannot be tested elsewhere, or at all.
        budget: What testing it is estimated to take.
    """

    id: str
    section: str
    statement: str
    quote: str = ""
    test: Test
    places: tuple[Place, ...] = ()
    reason: str
    budget: str


class PaperClaims(_Strict):
    """The claims of one paper.

    Attributes:
        num_seeds: Planned trainings of each row that a claim compares.
    """

    paper: str
    num_seeds: int = Field(ge=2)
    claims: tuple[Claim, ...] = Field(min_length=1)


def load_claims(path: Path, papers: Mapping[str, PublishedPaper]) -> PaperClaims:
    """Read one file of claims.

    Args:
        path: A `reproduce/claims/*.yaml`.
        papers: Published papers by key, whose rows and columns claims refer to.

    Raises:
        DataError: On anything that the schema or the tables do not know.
    """
    raw = read_yaml(path, "claims")
    try:
        found = PaperClaims.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            f"claims in {path}, {place_of(raw, first['loc'])}",
            expected="what the schema of mmsia/bench/claims.py says",
            got=f"{first['msg']} ({first.get('input')!r:.60})",
            remedy="Correct the file",
        ) from error
    for problem in _problems(found, papers):
        raise DataError(f"claims in {path}, {problem}", remedy="Correct the file")
    return found


def load_all_claims(
    papers: Iterable[PublishedPaper], folder: Path | None = None
) -> tuple[PaperClaims, ...]:
    """The claims of every paper in `reproduce/claims`, sorted by key."""
    folder = folder or project_root() / "reproduce" / "claims"
    by_key = {paper.paper.key: paper for paper in papers}
    found = [load_claims(path, by_key) for path in sorted(folder.glob("*.yaml"))]
    return tuple(sorted(found, key=lambda claims: claims.paper))


def rows_of(test: Test) -> tuple[str, ...]:
    """The rows of its table that a test compares."""
    match test:
        case Order() | Monotone() | Types():
            return test.rows
        case EachBeats():
            return (*test.rows, test.than)
        case Difference() | MeasuredRatio():
            return (test.first, test.second)
        case BestInColumn():
            return tuple(dict.fromkeys((test.row, *test.among)))
    return ()


def _problems(
    found: PaperClaims, papers: Mapping[str, PublishedPaper]
) -> Iterator[str]:
    """References to what is not there."""
    if found.paper not in papers:
        yield f"paper {found.paper!r}: nothing is published of it"
        return
    tables = {table.id: table for table in papers[found.paper].tables}
    seen: set[str] = set()
    for claim in found.claims:
        where = f"claim {claim.id}"
        if claim.id in seen or not claim.id.startswith(f"{found.paper}/"):
            yield f"{where}: the id stands twice or is not of {found.paper}"
        seen.add(claim.id)
        name = getattr(claim.test, "table", None)
        if name is None:
            continue
        if name not in tables:
            yield f"{where}: no table {name!r}"
            continue
        rows = {row.id for row in tables[name].rows}
        columns = {column.name for column in tables[name].columns}
        lost = sorted({*rows_of(claim.test)} - rows)
        lost += sorted({*getattr(claim.test, "columns", ())} - columns)
        if lost:
            yield f"{where}: {name} has no row or column {lost[0]!r}"
