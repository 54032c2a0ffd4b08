"""Claims about counts: arithmetic on what structure runs found, without any chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mmsia.bench.claim_effects import band_of
from mmsia.bench.claims import Claim, Difference, Within
from mmsia.bench.expressions import Span, evaluate
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.rules import Band
from mmsia.bench.session import TableState
from mmsia.bench.store import StoredRun
from mmsia.errors import DataError


@dataclass(frozen=True)
class Counted:
    """What counts say of a claim.

    Attributes:
        effect: The claim's expression or difference; of several columns the one that
            is furthest to the wrong side.
        holds: Whether it lies where the claim has it.
        about: The configs that were counted, and which of the counts were fitted.
    """

    effect: float
    holds: bool
    about: str


def count_claim(
    claim: Claim,
    paper: str,
    catalogue: Mapping[str, CatalogueEntry],
    states: Mapping[str, TableState],
    runs: Mapping[str, StoredRun],
) -> Counted:
    """Decide a claim by counts.

    Args:
        claim: One whose places have `structure`.
        paper: Its paper's key.
        catalogue: Published tables with their recipes.
        states: The tables of a work folder, by id.
        runs: Its finished runs by key.

    Raises:
        DataError: If a count is not there; says what would make it.
    """
    counts = _Counts(claim, paper, catalogue, states, runs)
    match claim.test:
        case Within(expression=expression, low=low, high=high):
            values = [evaluate(expression, counts.look_up).value]
            infinity = float("inf")
            band = Band(
                -infinity if low is None else low, infinity if high is None else high
            )
        case Difference(table=table, first=first, second=second, columns=columns):
            values = [
                counts.of(table, first, column) - counts.of(table, second, column)
                for column in columns
            ]
            # Such claims stand beside trained ones, whose bands include their ends.
            band = band_of(claim.test, catalogue[table].table)
        case _:
            raise DataError(claim.reason)
    effect = min(values, key=lambda value: min(value - band.low, band.high - value))
    return Counted(effect, band.low < effect < band.high, counts.about())


class _Counts:
    """Looks up counted cells and remembers which they were."""

    def __init__(
        self,
        claim: Claim,
        paper: str,
        catalogue: Mapping[str, CatalogueEntry],
        states: Mapping[str, TableState],
        runs: Mapping[str, StoredRun],
    ) -> None:
        self._claim, self._paper, self._catalogue = claim, paper, catalogue
        self._states, self._runs = states, runs
        self._configs: dict[str, None] = {}
        self._fitted: dict[str, None] = {}

    def look_up(self, cell: str) -> Span:
        """The count of a cell `table#row.column`, the table without its key."""
        table, _, rest = cell.partition("#")
        row, _, column = rest.partition(".")
        return Span.exact(self.of(f"{self._paper}/{table}", row, column))

    def of(self, table: str, row: str, column: str) -> float:
        entry, state = self._catalogue.get(table), self._states.get(table)
        if entry is None or column not in entry.recipe.structure:
            raise DataError(self._claim.reason)
        if state is None:
            again = f"not asked for: `mmsia reproduce {table}` counts it"
            raise DataError(f"{again}; {self._claim.reason}")
        recipe = entry.recipe.rows.get(row)
        run = self._runs.get(state.rows[row].structure or "") if recipe else None
        scores = run.result["scores"] if run else {}
        value = scores.get(entry.recipe.structure[column])
        if recipe is None or value is None:
            raise DataError(f"nothing counted {row}; {self._claim.reason}")
        self._configs[str(recipe.config)] = None
        fitted = entry.recipe.fitted
        if why := fitted.get(f"{row}.{column}") or fitted.get(column):
            self._fitted[why] = None
        return float(value)

    def about(self) -> str:
        return "; ".join((f"counted on {', '.join(self._configs)}", *self._fitted))
