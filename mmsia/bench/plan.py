"""From rows to the distinct runs behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mmsia.bench.data import DataSource
from mmsia.bench.measures import MEASURES
from mmsia.bench.recipe import CatalogueEntry, Row
from mmsia.bench.settings import oracle_settings
from mmsia.bench.sources import sources_digest
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Evidence, Reason, Scale

RUNNABLE = (Evidence.ORACLE,)
"""Evidence that `reproduce` makes by itself."""


@dataclass(frozen=True)
class Options:
    """What the command line says about all runs.

    Attributes:
        scale: How many images.
        evidence: Kind of proof; default each table's own.
        seed: Of the degradations and the bootstrap.
        num_draws: Draws of the bootstrap.
        threads: Of a run's process.
    """

    scale: Scale
    evidence: Evidence | None = None
    seed: int = 0
    num_draws: int = 1000
    threads: int = 1


@dataclass(frozen=True)
class PlannedRow:
    """One row with its run, or with the reason why there is none."""

    table: str
    row: str
    evidence: Evidence
    run: RunSpec | None = None
    reason: Reason | None = None
    why: str = ""


@dataclass(frozen=True)
class Plan:
    """Rows in the order of the tables, and the distinct runs behind them."""

    rows: tuple[PlannedRow, ...]

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """Each run once, in the order of first use."""
        return tuple({r.run.key: r.run for r in self.rows if r.run}.values())


def make_plan(
    entries: Iterable[CatalogueEntry], options: Options, data: DataSource
) -> Plan:
    """Decide for each row of the tables what is to be run.

    Raises:
        ConfigError: If a config that is needed is missing or does not parse.
    """
    return Plan(
        tuple(
            _plan_row(entry, row.id, options, data)
            for entry in entries
            for row in entry.table.rows
        )
    )


def why_not(recipe: Row, evidence: Evidence) -> tuple[Reason, str] | None:
    """Why a row gives no such evidence by itself, or None if it does.

    Args:
        recipe: The row's recipe.
        evidence: The kind of proof that is looked for.
    """
    if evidence in recipe.evidence and evidence in RUNNABLE:
        return None
    if recipe.reason is not None:
        return recipe.reason, recipe.why
    kinds = ", ".join(recipe.evidence) or "none"
    if evidence not in recipe.evidence:
        return Reason.OTHER_EVIDENCE, f"gives no {evidence} evidence (only {kinds})"
    here = [kind for kind in recipe.evidence if kind in RUNNABLE]
    hint = f"; `--evidence {here[0]}` runs here" if here else ""
    command = f"`mmsia train {recipe.config}`"
    if evidence is Evidence.TRAINING:
        why = f"no network of this row has been trained here; {command} trains one"
        return Reason.NEEDS_TRAINING, why + hint
    why = f"needs trained weights; {command} makes them, then `mmsia test`"
    return Reason.NEEDS_WEIGHTS, why + hint


def _plan_row(
    entry: CatalogueEntry, row_id: str, options: Options, data: DataSource
) -> PlannedRow:
    recipe = entry.recipe.rows[row_id]
    evidence = options.evidence or entry.recipe.evidence
    missing = why_not(recipe, evidence)
    if missing is not None:
        return PlannedRow(entry.table.id, row_id, evidence, None, *missing)
    measure = entry.recipe.measures[evidence]
    config = str(recipe.config)
    run = RunSpec(
        measure=measure,
        evidence=evidence,
        settings=oracle_settings(config),
        scale=options.scale,
        seed=options.seed,
        num_draws=options.num_draws,
        data_digest=data.truth.digest,
        sources_digest=sources_digest(MEASURES[measure].all_sources),
        config=config,
        threads=options.threads if MEASURES[measure].threads_matter else None,
    )
    return PlannedRow(entry.table.id, row_id, evidence, run)
