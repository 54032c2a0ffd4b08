"""Table scripts: which config makes which published row, by which evidence.

A table script `reproduce/<paper>/<table>.py` defines `TABLE`. Rows that cannot be
run here keep their place with the reason; no row is left out in silence.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmsia.bench.published import PublishedPaper, Table, load_all_published
from mmsia.bench.scripts import load_script
from mmsia.bench.terms import Evidence, Reason
from mmsia.errors import ConfigError
from mmsia.paths import project_root


@dataclass(frozen=True)
class Row:
    """How one row is made.

    Attributes:
        config: Config relative to the project's root, if there is one.
        evidence: Kinds of proof this config can give.
        reason: Why the row cannot be run here, whatever the evidence.
        why: The reason in words.
        about: What it is, where it stands beside the printed rows.
        references: Name -> config or number of parameters that its own are compared
            with, where the table prints relative sizes.
        scores: Name -> score of a run, where what stands beside the printed rows gives
            others than the table's columns.
    """

    config: str | None = None
    evidence: tuple[Evidence, ...] = ()
    reason: Reason | None = None
    why: str = ""
    about: str = ""
    references: Mapping[str, str | int] = field(default_factory=dict)
    scores: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TableRecipe:
    """One published table and how its rows are made.

    Attributes:
        table: Id, such as `gog/table1`.
        evidence: What `reproduce` looks for unless told otherwise.
        rows: Row id -> recipe, one for each published row.
        measures: Evidence -> name of the measurement in `bench.measures`.
        columns: Column -> name of the score of a run, where a run gives it.
        structure: Column -> name of the score of a structure run: counted on the
            paper's network whatever evidence and scale are asked for.
        efficiency: Column -> name of the score of an efficiency run: measured on the
            paper's network, whatever else is asked for.
        efficiency_beside: Such scores that no column prints, for claims and figures.
        fitted: Column, or `row.column` -> which structure was chosen to meet it.
        findings: Column, or `row.column` -> why the printed number cannot be.
        column_reasons: Column -> why no run gives it.
        not_comparable: Evidence -> why its numbers are no match for the printed ones.
        read_as: Metric that ours are where the paper does not state one; such cells are
            not judged, but what a plan can detect depends on it.
        beside: Id -> recipe of what is in no row: another reading of one, or a
            network that a reader would miss. Run and shown with the table, compared
            with no print.
        printed_by: Who printed the numbers, where it is not the paper.
        protocol: What the numbers depend on, as (name, value) for the report's card.
        remark: What a reader must know before reading the numbers.
    """

    table: str
    evidence: Evidence
    rows: Mapping[str, Row]
    measures: Mapping[Evidence, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    structure: Mapping[str, str] = field(default_factory=dict)
    efficiency: Mapping[str, str] = field(default_factory=dict)
    efficiency_beside: tuple[str, ...] = ()
    fitted: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)
    column_reasons: Mapping[str, str] = field(default_factory=dict)
    not_comparable: Mapping[Evidence, str] = field(default_factory=dict)
    read_as: str = ""
    beside: Mapping[str, Row] = field(default_factory=dict)
    printed_by: str = ""
    protocol: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""

    @property
    def every_row(self) -> dict[str, Row]:
        """The recipes of the rows and of what stands beside them."""
        return {**self.rows, **self.beside}


@dataclass(frozen=True)
class CatalogueEntry:
    """A published table with its paper and its recipe."""

    paper: PublishedPaper
    table: Table
    recipe: TableRecipe


def load_catalogue(root: Path | None = None) -> dict[str, CatalogueEntry]:
    """Every published table with its recipe, by id.

    Args:
        root: Folder `reproduce`; default that of the project.

    Raises:
        ConfigError: If a table has no script, or a script names unknown rows.
    """
    root = root or project_root() / "reproduce"
    scripts = [path for path in root.glob("*/*.py") if not path.match("fig*.py")]
    recipes = {r.table: r for r in map(load_recipe, sorted(scripts))}
    entries = {}
    for paper in load_all_published(root / "published"):
        for table in paper.tables:
            if table.id not in recipes:
                raise ConfigError(
                    f"the published table {table.id} has no script in {root}",
                    expected=f"a file that defines TABLE for {table.id}",
                )
            recipe = recipes.pop(table.id)
            _check_rows(recipe, table)
            entries[table.id] = CatalogueEntry(paper, table, recipe)
    if recipes:
        raise ConfigError(
            f"table scripts in {root}",
            expected="ids of published tables",
            got=", ".join(recipes),
        )
    return entries


def load_recipe(path: Path) -> TableRecipe:
    """Import one table script and return its `TABLE`.

    Raises:
        ConfigError: If the script does not import or defines no TABLE.
    """
    return load_script(path, "TABLE", TableRecipe)


def script_of(table: str) -> str:
    """The script of a table, relative to the project's root.

    Args:
        table: Its id, such as `siagcn/table3-mhp`.
    """
    return f"reproduce/{table.replace('-', '_')}.py"


def choose_tables(
    catalogue: Mapping[str, CatalogueEntry], ids: Sequence[str]
) -> list[CatalogueEntry]:
    """The tables of these ids, all without ids; a paper's key means all of its tables.

    Raises:
        ConfigError: On an unknown id, offering the closest.
    """
    if not ids:
        return list(catalogue.values())
    chosen: dict[str, CatalogueEntry] = {}
    for wanted in ids:
        found = {
            key: entry
            for key, entry in catalogue.items()
            if wanted in (key, entry.paper.paper.key)
        }
        if not found:
            papers = {entry.paper.paper.key for entry in catalogue.values()}
            known = [*catalogue, *sorted(papers)]
            near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.4)
            raise ConfigError(
                f"there is no table {wanted!r}",
                expected=f"one of {', '.join(known)}",
                remedy=f"Closest: {', '.join(near)}" if near else "See `mmsia list`",
            )
        chosen |= found
    return list(chosen.values())


def _check_rows(recipe: TableRecipe, table: Table) -> None:
    printed = [row.id for row in table.rows]
    if set(printed) != set(recipe.rows):
        missing = [row for row in printed if row not in recipe.rows]
        unknown = [row for row in recipe.rows if row not in printed]
        raise ConfigError(
            f"rows of the table script of {table.id}",
            expected="one recipe for each published row",
            got=f"none for {missing}, unknown {unknown}",
        )
    odd = [name for name, row in recipe.beside.items() if not row.about]
    if odd or set(recipe.beside) & set(printed):
        raise ConfigError(
            f"what stands beside the rows of {table.id}",
            expected="ids of no printed row, and for each what it is (`about`)",
            got=", ".join(odd) or "the id of a printed row",
        )
    names = {column.name for column in table.columns}
    cells = {f"{row}.{name}" for row in printed for name in names}
    unknown = sorted(
        {
            *recipe.columns,
            *recipe.structure,
            *recipe.efficiency,
            *recipe.column_reasons,
        }
        - names
    )
    unknown += sorted({*recipe.fitted, *recipe.findings} - names - cells)
    if unknown:
        raise ConfigError(
            f"columns of the table script of {table.id}",
            expected=f"names among {sorted(names)}",
            got=f"{unknown}",
        )
