"""Verdicts of all claims of a work folder, with the reason for each that has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.claim_draws import ClaimDraws
from mmsia.bench.claim_effects import Effect, band_of, comparisons, printed_effect
from mmsia.bench.claim_prints import published_supports
from mmsia.bench.claims import Claim, load_all_claims
from mmsia.bench.published import PublishedPaper
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.rules import judge_claim
from mmsia.bench.session import TableState
from mmsia.bench.stats import holm, smallest_detectable_effect
from mmsia.bench.store import Store
from mmsia.bench.terms import ClaimVerdict, Evidence, Scale, Status
from mmsia.errors import DataError


@dataclass(frozen=True)
class ClaimResult:
    """What became of one claim; the fields of `results.json`."""

    id: str
    paper: str
    statement: str
    published_supports: bool | None
    verdict: ClaimVerdict
    effect: float | None
    ci_low: float | None
    ci_high: float | None
    scale: Scale | None
    reason: str
    smallest_detectable_effect: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values in the order of the schema."""
        return asdict(self)


@dataclass(frozen=True)
class _Tested:
    """A claim whose runs are there."""

    claim: Claim
    entry: CatalogueEntry
    state: TableState
    effect: Effect


def claim_results(
    work_dir: Path,
    catalogue: Mapping[str, CatalogueEntry],
    states: Sequence[TableState],
    store: Store,
) -> list[ClaimResult]:
    """Every claim of the papers that a work folder has tables of.

    Args:
        work_dir: Work folder.
        catalogue: Published tables with their recipes.
        states: The tables of the work folder.
        store: Its runs.
    """
    asked = {catalogue[state.table].paper.paper.key for state in states}
    papers = {e.paper.paper.key: e.paper for e in catalogue.values()}
    by_table = {state.table: state for state in states}
    effects = ClaimDraws(work_dir / "claims.json", store)
    results = []
    for found in load_all_claims(papers.values()):
        if found.paper in asked:
            paper = papers[found.paper]
            results += _of_paper(found.claims, paper, catalogue, by_table, effects)
    effects.save()
    return results


def _of_paper(
    claims: Sequence[Claim],
    paper: PublishedPaper,
    catalogue: Mapping[str, CatalogueEntry],
    states: Mapping[str, TableState],
    effects: ClaimDraws,
) -> list[ClaimResult]:
    tested: dict[str, _Tested] = {}
    why: dict[str, str] = {}
    for claim in claims:
        table = getattr(claim.test, "table", "")
        state = states.get(table)
        why[claim.id] = _obstacle(claim, catalogue.get(table), state)
        if why[claim.id] or state is None:
            continue
        try:
            effect = effects.of(claim, catalogue[table], state, len(claims))
        except DataError as error:
            why[claim.id] = str(error)
            continue
        tested[claim.id] = _Tested(claim, catalogue[table], state, effect)
    judged = _judge(list(tested.values()), paper)
    return [
        judged.get(claim.id) or _not_run(claim, paper, why[claim.id])
        for claim in claims
    ]


def _obstacle(
    claim: Claim, entry: CatalogueEntry | None, state: TableState | None
) -> str:
    """Why the runs of a table say nothing of a claim, or nothing."""
    if entry is None or "oracle" not in claim.places:
        return claim.reason
    if state is None or state.evidence is not Evidence.ORACLE:
        again = f"`mmsia reproduce {entry.table.id} --evidence oracle`"
        return f"not asked for: {again} tests the ceiling; {claim.reason}"
    if state.scale is Scale.SMOKE:
        return "scale smoke proves the machinery alone: use --scale mini or paper"
    rows = {
        r for c in comparisons(claim.test, entry.table) for r in (c.first, c.second)
    }
    missing = sorted(row for row in rows if state.rows[row].status is not Status.DONE)
    return f"no finished run of {', '.join(missing)}" if missing else ""


def _judge(tested: Sequence[_Tested], paper: PublishedPaper) -> dict[str, ClaimResult]:
    """Verdicts with Holm's correction over the claims that were tested together."""
    bands = [band_of(item.claim.test, item.entry.table) for item in tested]
    adjusted = holm(
        [
            band.p_value(item.effect.draws)
            for band, item in zip(bands, tested, strict=True)
        ]
    )
    results = {}
    for item, band, p_value in zip(tested, bands, adjusted, strict=True):
        table, state = item.entry.table, item.state
        smallest = smallest_detectable_effect(
            seed_sd=0.0,
            image_se=float(np.nanstd(item.effect.draws)),
            num_seeds=1,
            num_claims=len(tested),
        )
        # Only the whole of the paper's data can make a claim fail.
        whole = state.scale is Scale.PAPER and bool(state.data["complete"])
        judged = judge_claim(
            item.effect.draws,
            band,
            smallest,
            Scale.PAPER if whole else Scale.MINI,
            claimed=printed_effect(comparisons(item.claim.test, table), table),
            adjusted_p=p_value,
            effect=item.effect.value,
        )
        kind = "simulated crowds" if state.data["simulated"] else "given annotations"
        results[item.claim.id] = ClaimResult(
            id=item.claim.id,
            paper=paper.paper.key,
            statement=item.claim.statement,
            published_supports=published_supports(item.claim, paper),
            verdict=judged.verdict,
            effect=judged.effect,
            ci_low=judged.ci_low,
            ci_high=judged.ci_high,
            scale=state.scale,
            reason=f"oracle, {state.data['num_used']} images, {kind}; Holm's p "
            f"{p_value:.3f}; smallest detectable effect {smallest:.2f}",
            smallest_detectable_effect=smallest,
        )
    return results


def _not_run(claim: Claim, paper: PublishedPaper, reason: str) -> ClaimResult:
    return ClaimResult(
        id=claim.id,
        paper=paper.paper.key,
        statement=claim.statement,
        published_supports=published_supports(claim, paper),
        verdict=ClaimVerdict.NOT_RUN,
        effect=None,
        ci_low=None,
        ci_high=None,
        scale=None,
        reason=reason,
    )
