"""The claims section of a report: what was tested first, then what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mmsia.bench.claim_results import ClaimResult
from mmsia.bench.terms import CLAIM_MEANINGS, CLAIM_SYMBOLS, ClaimVerdict
from mmsia.report.numbers import format_interval, format_signed

PRINTED = {True: "yes", False: "no", None: "not stated"}
"""Whether the printed numbers support a claim, in words."""


@dataclass(frozen=True)
class ClaimView:
    """One claim as texts."""

    id: str
    statement: str
    printed: str
    effect: str
    interval: str
    verdict: str
    symbol: str
    reason: str


@dataclass(frozen=True)
class ClaimsView:
    """The claims of one paper, those with a verdict first."""

    paper: str
    tested: tuple[ClaimView, ...]
    untested: tuple[ClaimView, ...]
    counts: tuple[tuple[str, str, int], ...]
    contradicted: tuple[ClaimView, ...]


def claims_views(results: Sequence[ClaimResult]) -> list[ClaimsView]:
    """One view a paper.

    Args:
        results: Claims in the order of their files.
    """
    views = []
    for paper in dict.fromkeys(result.paper for result in results):
        own = [result for result in results if result.paper == paper]
        texts = [_view(result) for result in own]
        numbers = Counter(result.verdict for result in own)
        not_run = ClaimVerdict.NOT_RUN.value
        views.append(
            ClaimsView(
                paper=paper,
                tested=tuple(t for t in texts if t.verdict != not_run),
                untested=tuple(t for t in texts if t.verdict == not_run),
                counts=tuple(
                    (v.value, CLAIM_SYMBOLS[v], numbers[v])
                    for v in ClaimVerdict
                    if numbers[v]
                ),
                contradicted=tuple(t for t in texts if t.printed == PRINTED[False]),
            )
        )
    return views


def claim_legend() -> list[tuple[str, str, str]]:
    """(verdict, symbol, meaning) of every verdict that a claim can have."""
    return [(v.value, CLAIM_SYMBOLS[v], CLAIM_MEANINGS[v]) for v in ClaimVerdict]


def _view(result: ClaimResult) -> ClaimView:
    return ClaimView(
        id=result.id,
        statement=result.statement,
        printed=PRINTED[result.published_supports],
        effect=format_signed(result.effect),
        interval=format_interval(result.ci_low, result.ci_high),
        verdict=result.verdict.value,
        symbol=CLAIM_SYMBOLS[result.verdict],
        reason=result.reason,
    )
