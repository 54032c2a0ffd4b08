"""What a plan can detect, stated before anything of it is run.

Nobody knows the spreads yet, so they are assumed (`rules.ASSUMED_SPREADS`). The report
prints this number beside the one that the spreads found give.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from mmsia.bench.claim_effects import comparisons
from mmsia.bench.claims import Claim, Place, load_all_claims
from mmsia.bench.plan import Plan, PlannedRow
from mmsia.bench.recipe import CatalogueEntry, load_catalogue
from mmsia.bench.rules import ASSUMED_SPREADS
from mmsia.bench.stats import smallest_detectable_effect
from mmsia.bench.terms import Evidence, Scale


def place_of(evidence: Evidence, scale: Scale) -> Place | None:
    """Where claims are tested by such runs, if they are at all.

    Args:
        evidence: Kind of proof.
        scale: How much of the experiment.
    """
    if evidence is Evidence.ORACLE and scale is not Scale.SMOKE:
        return "oracle"
    if evidence is Evidence.TRAINING and scale is Scale.MINI:
        return "mini"
    if evidence is Evidence.TRAINING and scale is Scale.PAPER:
        return "paper"
    return None


def planned_effects(
    plan: Plan, entries: Iterable[CatalogueEntry], scale: Scale, num_groups: int
) -> dict[str, dict[str, float]]:
    """Table -> claim -> smallest effect that the plan detects, where it tests claims.

    Args:
        plan: The runs.
        entries: The tables.
        scale: How much of the experiment.
        num_groups: What is drawn of the session's own data.
    """
    by_table = {entry.table.id: entry for entry in entries}
    rows = {(row.table, row.row): row for row in plan.rows}
    papers = {e.paper.paper.key for e in by_table.values()}
    every = {e.paper.paper.key: e.paper for e in load_catalogue().values()}
    found: dict[str, dict[str, float]] = {}
    for claims in load_all_claims(every.values()):
        if claims.paper not in papers:
            continue
        planned = [
            (claim, entry, compared)
            for claim in claims.claims
            if (entry := by_table.get(getattr(claim.test, "table", "")))
            and (compared := _rows(claim, entry, rows, scale))
        ]
        for claim, entry, compared in planned:
            effect = _smallest(claim, entry, compared, num_groups, len(planned))
            if effect is not None:
                found.setdefault(entry.table.id, {})[claim.id] = effect
    return found


def _rows(
    claim: Claim,
    entry: CatalogueEntry,
    rows: Mapping[tuple[str, str], PlannedRow],
    scale: Scale,
) -> list[PlannedRow]:
    """The planned rows that a claim compares; none if the plan cannot test it."""
    found = comparisons(claim.test, entry.table)
    names = sorted({row for c in found for row in (c.first, c.second)})
    planned = [rows[entry.table.id, name] for name in names]
    places = {place_of(row.evidence, scale) for row in planned}
    fewest = min((len(row.runs) for row in planned), default=0)
    if len(places) != 1 or not fewest or not places.issubset(claim.places):
        return []
    return planned if fewest > 1 or places == {"oracle"} else []


def _smallest(
    claim: Claim,
    entry: CatalogueEntry,
    rows: Sequence[PlannedRow],
    num_groups: int,
    num_claims: int,
) -> float | None:
    """From the assumed spreads; None where none is assumed for the metric."""
    columns = {c.column for c in comparisons(claim.test, entry.table)}
    metrics = {
        c.metric if c.metric in ASSUMED_SPREADS else entry.recipe.read_as
        for c in entry.table.columns
        if c.name in columns
    }
    spreads = [ASSUMED_SPREADS[m] for m in metrics if m in ASSUMED_SPREADS]
    if len(spreads) < len(metrics):
        return None
    seed_sd, image_sd = (max(values) for values in zip(*spreads, strict=True))
    drawn = [row.data.num_groups if row.data else num_groups for row in rows]
    trained = rows[0].evidence is Evidence.TRAINING
    starts = {tuple(run.start for run in row.runs) for row in rows}
    return smallest_detectable_effect(
        seed_sd=seed_sd if trained else 0.0,
        image_se=image_sd / math.sqrt(min(drawn)),
        num_seeds=min(len(row.runs) for row in rows),
        paired_seeds=trained and len(starts) == 1,
        num_claims=num_claims,
    )
