"""Verdicts of all claims of a work folder, with the reason for each that has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mmsia.bench.claim_checklist import Trainings, checklist
from mmsia.bench.claim_counts import count_claim
from mmsia.bench.claim_effects import (
    Effect,
    band_of,
    comparisons,
    measure_effect,
    printed_effect,
)
from mmsia.bench.claim_prints import published_supports
from mmsia.bench.claim_speeds import speed_effect
from mmsia.bench.claims import Claim, load_all_claims
from mmsia.bench.power import place_of
from mmsia.bench.published import PublishedPaper
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.rules import Band, judge_claim
from mmsia.bench.scales import load_scales
from mmsia.bench.session import TableState
from mmsia.bench.stats import draws_needed, holm, smallest_detectable_effect
from mmsia.bench.store import StoredRun
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
    """A claim whose runs are there; one about speeds brings its band."""

    claim: Claim
    entry: CatalogueEntry
    state: TableState
    effect: Effect
    remarks: str
    band: Band | None = None


def claim_results(
    catalogue: Mapping[str, CatalogueEntry],
    states: Sequence[TableState],
    runs: Mapping[str, StoredRun],
    trainings: Trainings,
) -> list[ClaimResult]:
    """Every claim of the papers that a work folder has tables of.

    Args:
        catalogue: Published tables with their recipes.
        states: The tables of the work folder.
        runs: Its finished runs by key.
        trainings: Where trainings and their checks are looked up.
    """
    asked = {catalogue[state.table].paper.paper.key for state in states}
    papers = {e.paper.paper.key: e.paper for e in catalogue.values()}
    results = []
    for found in load_all_claims(papers.values()):
        if found.paper in asked:
            by_table = {state.table: state for state in states}
            of_paper = _OfPaper(papers[found.paper], catalogue, by_table, runs)
            results += of_paper.results(found.claims, trainings)
    return results


@dataclass(frozen=True)
class _OfPaper:
    """The claims of one paper on the runs of a work folder."""

    paper: PublishedPaper
    catalogue: Mapping[str, CatalogueEntry]
    states: Mapping[str, TableState]
    runs: Mapping[str, StoredRun]

    def results(
        self, claims: Sequence[Claim], trainings: Trainings
    ) -> list[ClaimResult]:
        tested: dict[str, _Tested] = {}
        decided: dict[str, ClaimResult] = {}
        for claim in claims:
            try:
                if "structure" in claim.places:
                    found: _Tested | ClaimResult | str = self._count(claim)
                elif "efficiency" in claim.places:
                    found = self._time(claim, len(claims))
                else:
                    found = self._test(claim, len(claims), trainings)
            except DataError as error:
                found = str(error)
            if isinstance(found, _Tested):
                tested[claim.id] = found
            elif isinstance(found, ClaimResult):
                decided[claim.id] = found
            else:
                decided[claim.id] = _not_run(claim, self.paper, found)
        decided |= _judge(list(tested.values()), self.paper)
        return [decided[claim.id] for claim in claims]

    def _count(self, claim: Claim) -> ClaimResult:
        """The verdict of a claim about counts: no seed, no image, no correction."""
        found = count_claim(
            claim, self.paper.paper.key, self.catalogue, self.states, self.runs
        )
        return replace(
            _not_run(claim, self.paper, f"{found.about}; {claim.reason}"),
            verdict=ClaimVerdict.HOLDS if found.holds else ClaimVerdict.FAILS,
            effect=found.effect,
            # Of the paper's own network, whatever the scale.
            scale=Scale.PAPER,
        )

    def _time(self, claim: Claim, num_claims: int) -> _Tested | str:
        """The effect of a claim about speeds, on the rows of one run."""
        found = speed_effect(
            claim, self.paper.paper.key, self.catalogue, self.states, self.runs
        )
        if too_few := _too_few(len(found.draws), num_claims):
            return too_few
        effect = Effect(
            value=found.value,
            draws=found.draws,
            image_se=float(np.nanstd(found.draws)),
            seed_sd=0.0,
            num_seeds=1,
            paired=True,
        )
        entry, state = self.catalogue[found.table], self.states[found.table]
        return _Tested(claim, entry, state, effect, found.about, found.band)

    def _test(
        self, claim: Claim, num_claims: int, trainings: Trainings
    ) -> _Tested | str:
        """The claim's effect, or why the runs say nothing of it."""
        table = getattr(claim.test, "table", "")
        entry, state = self.catalogue.get(table), self.states.get(table)
        if entry is None:
            return claim.reason
        if state is None:
            return _not_asked(claim, entry)
        if obstacle := _obstacle(claim, entry, state):
            return obstacle
        found = comparisons(claim.test, entry.table)
        names = sorted({row for c in found for row in (c.first, c.second)})
        rows = {
            name: [self.runs[key] for key in state.rows[name].runs if key in self.runs]
            for name in names
        }
        lost = [name for name in names if len(rows[name]) < len(state.rows[name].runs)]
        if lost:
            return f"no whole result of {', '.join(lost)}"
        effect = measure_effect(found, rows, entry.recipe.columns)
        if too_few := _too_few(len(effect.draws), num_claims):
            return too_few
        remarks = ""
        if state.evidence is Evidence.TRAINING:
            checks = checklist(rows, trainings, load_scales(self.paper.paper.key))
            if failed := [check.text for check in checks if not check.passed]:
                return f"the checklist does not allow a verdict: {'; '.join(failed)}"
            remarks = "; ".join(["", *(check.text for check in checks)])
        return _Tested(claim, entry, state, effect, remarks)


def _too_few(num_draws: int, num_claims: int) -> str:
    """Why so few draws cannot tell anything, or nothing."""
    needed = draws_needed(num_claims)
    if num_draws >= needed:
        return ""
    return (
        f"{num_draws} draws cannot pass Holm's correction over "
        f"{num_claims} claims: --num-draws {needed}"
    )


def _obstacle(claim: Claim, entry: CatalogueEntry, state: TableState) -> str:
    """Why the runs of a table say nothing of a claim, or nothing."""
    if not {"oracle", "mini", "paper"}.intersection(claim.places):
        return claim.reason
    place = place_of(state.evidence, state.scale)
    if place is None and state.scale is Scale.SMOKE and _would_do(claim, state):
        return "scale smoke proves the machinery alone: use --scale mini or paper"
    if place not in claim.places:
        return _not_asked(claim, entry)
    found = comparisons(claim.test, entry.table)
    rows = {row for c in found for row in (c.first, c.second)}
    missing = sorted(row for row in rows if state.rows[row].status is not Status.DONE)
    if missing:
        return f"no finished run of {', '.join(missing)}"
    silent = sorted({c.column for c in found} - set(entry.recipe.columns))
    if silent:
        return f"no run gives {', '.join(silent)}; {claim.reason}"
    if not found:
        return f"its test is no comparison of rows; {claim.reason}"
    single = any(len(state.rows[row].runs) < 2 for row in rows)
    if place != "oracle" and single:
        return "one seed says nothing of other seeds: --seeds 2 or more"
    return ""


def _not_asked(claim: Claim, entry: CatalogueEntry) -> str:
    """What command would test a claim on a table's runs, if any would."""
    again = f"`mmsia reproduce {entry.table.id}"
    if "oracle" in claim.places:
        hint = f"{again} --evidence oracle` tests the ceiling; "
    elif "mini" in claim.places and load_scales(entry.paper.paper.key).declares(
        Scale.MINI
    ):
        hint = f"{again} --scale mini` tests it on simulated data; "
    else:
        return claim.reason
    return f"not asked for: {hint}{claim.reason}"


def _would_do(claim: Claim, state: TableState) -> bool:
    """Whether the same evidence at a larger scale could test a claim."""
    if state.evidence is Evidence.ORACLE:
        return "oracle" in claim.places
    return state.evidence is Evidence.TRAINING and "mini" in claim.places


def _judge(tested: Sequence[_Tested], paper: PublishedPaper) -> dict[str, ClaimResult]:
    """Verdicts with Holm's correction over the claims that were tested together."""
    bands = [item.band or band_of(item.claim.test, item.entry.table) for item in tested]
    adjusted = holm(
        [
            band.p_value(item.effect.draws)
            for band, item in zip(bands, tested, strict=True)
        ]
    )
    results = {}
    for item, band, p_value in zip(tested, bands, adjusted, strict=True):
        table, state, effect = item.entry.table, item.state, item.effect
        smallest = smallest_detectable_effect(
            seed_sd=effect.seed_sd,
            image_se=effect.image_se,
            num_seeds=effect.num_seeds,
            paired_seeds=effect.paired,
            num_claims=len(tested),
        )
        judged = judge_claim(
            effect.draws,
            band,
            smallest,
            _judged_at(item),
            claimed=None
            if item.band is not None
            else printed_effect(comparisons(item.claim.test, table), table),
            adjusted_p=p_value,
            effect=effect.value,
        )
        results[item.claim.id] = replace(
            _not_run(item.claim, paper, _about(item, p_value, smallest)),
            verdict=judged.verdict,
            effect=judged.effect,
            ci_low=judged.ci_low,
            ci_high=judged.ci_high,
            scale=None if item.band is not None else state.scale,
            smallest_detectable_effect=smallest,
        )
    return results


def _judged_at(item: _Tested) -> Scale:
    """Only the whole of the paper's data can make a claim fail, and no other device."""
    state = item.state
    whole = state.scale is Scale.PAPER and bool(state.data["complete"])
    return Scale.PAPER if whole and item.band is None else Scale.MINI


def _about(item: _Tested, p_value: float, smallest: float) -> str:
    """What a verdict rests on, in one line."""
    if item.band is not None:
        return f"efficiency, {item.remarks}; Holm's p {p_value:.3f}"
    state, seeds = item.state, ""
    if state.evidence is Evidence.TRAINING:
        paired = ", the same checkpoints" if item.effect.paired else ""
        seeds = f"{item.effect.num_seeds} seeds{paired}, "
    kind = state.data["name"] if state.data["simulated"] else "given annotations"
    stated = state.planned_effects.get(item.claim.id)
    before = "" if stated is None else f" ({stated:.2f} was stated before the run)"
    return (
        f"{state.evidence}, {seeds}{state.data['num_used']} images, {kind}; Holm's p "
        f"{p_value:.3f}; smallest detectable effect {smallest:.2f}{before}"
        f"{item.remarks}"
    )


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
