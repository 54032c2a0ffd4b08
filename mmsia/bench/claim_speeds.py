"""Claims about speed and memory, decided by ratios between rows of one efficiency run.

A number of frames a second belongs to its device; which of two rows is faster there,
and how many times, can be tested on another one. The rows of a run were timed in the
same rounds, which are drawn together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mmsia.bench.claims import Claim, EachBeats, MeasuredRatio, Order, Within
from mmsia.bench.efficiency_cells import device_words
from mmsia.bench.efficiency_scores import MEMORY, score_name
from mmsia.bench.expressions import Span, evaluate
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.rules import Band
from mmsia.bench.session import TableState
from mmsia.bench.speed.device import GPU
from mmsia.bench.store import StoredRun
from mmsia.errors import DataError

Look = Callable[[str, str], float]
"""(row, score) -> its value."""


@dataclass(frozen=True)
class SpeedEffect:
    """What an efficiency run says of a claim.

    Attributes:
        value: A ratio of two rows; of several, the one that is furthest to the wrong
            side.
        draws: (B,) over the rounds; the same number B times for what was measured once.
        band: Where it must lie for the claim to hold.
        about: On what it rests.
        table: Id of the table whose run it is.
    """

    value: float
    draws: np.ndarray
    band: Band
    about: str
    table: str


def speed_effect(
    claim: Claim,
    paper: str,
    catalogue: Mapping[str, CatalogueEntry],
    states: Mapping[str, TableState],
    runs: Mapping[str, StoredRun],
) -> SpeedEffect:
    """The effect of a claim on the rows of one run.

    Args:
        claim: One whose places have `efficiency`.
        paper: Its paper's key.
        catalogue: Published tables with their recipes.
        states: The tables of a work folder, by id.
        runs: Its finished runs by key.

    Raises:
        DataError: If no run of the work folder decides it; says what would.
    """
    table = _table_of(claim, paper)
    entry, state = catalogue.get(table), states.get(table)
    if entry is None or not (entry.recipe.efficiency or entry.recipe.efficiency_beside):
        raise DataError(claim.reason)
    keys = [row.efficiency or "" for row in state.rows.values()] if state else []
    run = next((runs[key] for key in keys if key in runs), None)
    if run is None:
        again = f"`mmsia reproduce {table} --evidence efficiency`"
        raise DataError(f"not asked for: {again} measures it; {claim.reason}")
    ratio, band = _ratio_of(claim, entry)
    values = _Values(run, claim)
    value = ratio(values.score)
    draws = np.array([ratio(values.drawn(i)) for i in range(values.num_draws)])
    return SpeedEffect(value, draws, band, values.about(), table)


def _table_of(claim: Claim, paper: str) -> str:
    """The table that a claim is about, the first one of an expression."""
    if isinstance(claim.test, Within):
        name = claim.test.expression.partition("#")[0].split()[-1].lstrip("(")
        return f"{paper}/{name}"
    return str(getattr(claim.test, "table", ""))


def _ratio_of(
    claim: Claim, entry: CatalogueEntry
) -> tuple[Callable[[Look], float], Band]:
    """How the effect follows from scores, and where it must lie."""
    test, columns = claim.test, entry.recipe.efficiency
    match test:
        case Within(expression=expression, low=low, high=high):
            band = Band(
                -math.inf if low is None else low, math.inf if high is None else high
            )
            return lambda look: evaluate(expression, _cells(look, columns)).value, band
        case MeasuredRatio(score=score, first=first, second=second):
            band = Band(test.low, math.inf if test.high is None else test.high)
            return lambda look: look(first, score) / look(second, score), band
        case Order() | EachBeats():
            if lost := [c for c in test.columns if c not in columns]:
                raise DataError(f"no run gives {', '.join(lost)}; {claim.reason}")
            if isinstance(test, Order):
                pairs = list(pairwise(test.rows))
            else:
                pairs = [(row, test.than) for row in test.rows]
            return lambda look: _least(look, pairs, test.columns, entry), Band(1.0)
    raise DataError(claim.reason)


def _cells(look: Look, columns: Mapping[str, str]) -> Callable[[str], Span]:
    def span(cell: str) -> Span:
        row, _, column = cell.partition("#")[2].partition(".")
        return Span.exact(look(row, columns.get(column, column)))

    return span


def _least(
    look: Look,
    pairs: list[tuple[str, str]],
    columns: tuple[str, ...],
    entry: CatalogueEntry,
) -> float:
    """Of the ratios, above 1 where the first row is better, the least."""
    up = {c.name: c.higher_is_better for c in entry.table.columns}
    found = []
    for first, second in pairs:
        for column in columns:
            score = entry.recipe.efficiency[column]
            one, other = look(first, score), look(second, score)
            found.append(one / other if up[column] else other / one)
    return min(found)


class _Values:
    """Looks up scores of one run and remembers what they are."""

    def __init__(self, run: StoredRun, claim: Claim) -> None:
        self._run, self._claim, self._draws = run, claim, run.draws
        self._device = run.result["device"]
        self.num_draws = run.provenance["num_draws"]

    def score(self, row: str, score: str) -> float:
        if score == MEMORY and self._device["kind"] != GPU:
            why = f"memory of a GPU, and {self._device['name']} is none"
            raise DataError(f"{why}; {self._claim.reason}")
        value = self._run.result["scores"].get(score_name(row, score))
        if value is None:
            raise DataError(f"{score} of {row} was not measured; {self._claim.reason}")
        return float(value)

    def drawn(self, number: int) -> Look:
        """Scores as they are on one draw of the rounds."""

        def look(row: str, score: str) -> float:
            drawn = self._draws.get(score_name(row, score))
            return self.score(row, score) if drawn is None else float(drawn[number])

        return look

    def about(self) -> str:
        return f"ratio of rows timed in turns on {device_words(self._device)}"
