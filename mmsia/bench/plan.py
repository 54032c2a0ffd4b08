"""From rows to the distinct runs behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mmsia.bench.data import DataSource
from mmsia.bench.measures import MEASURES
from mmsia.bench.recipe import CatalogueEntry, Row
from mmsia.bench.scales import PaperScales, ScaleRecipe, load_scales
from mmsia.bench.settings import oracle_settings
from mmsia.bench.sources import sources_digest
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Evidence, Reason, Scale
from mmsia.bench.training_plan import TrainingPlan, trains_here

OpenTraining = Callable[[ScaleRecipe], DataSource]

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
    """One row with its run, or with the reason why there is none.

    Attributes:
        table: Table id.
        row: Row id.
        evidence: Kind of proof.
        run: The run that gives its numbers.
        needs: Runs that must be there before, in their order.
        data: What they read, where it is not the session's own.
        reason: Why there is no run.
        why: The reason in words.
    """

    table: str
    row: str
    evidence: Evidence
    run: RunSpec | None = None
    needs: tuple[RunSpec, ...] = ()
    data: DataSource | None = None
    reason: Reason | None = None
    why: str = ""


@dataclass(frozen=True)
class Plan:
    """Rows in the order of the tables, and the distinct runs behind them."""

    rows: tuple[PlannedRow, ...]

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """Each run once, in the order of first use, after those that it needs."""
        behind = [run for row in self.rows if row.run for run in (*row.needs, row.run)]
        return tuple({run.key: run for run in behind}.values())

    @property
    def sources(self) -> dict[str, DataSource]:
        """Data that is not the session's own, by digest."""
        return {row.data.digest: row.data for row in self.rows if row.data is not None}

    def rows_of(self, key: str) -> list[str]:
        """The rows that rest on a run, as `table row`.

        Args:
            key: The run's key in this plan.
        """
        return [
            f"{row.table} {row.row}"
            for row in self.rows
            if row.run and key in {run.key for run in (*row.needs, row.run)}
        ]


def make_plan(
    entries: Iterable[CatalogueEntry],
    options: Options,
    data: DataSource,
    open_training: OpenTraining | None = None,
) -> Plan:
    """Decide for each row of the tables what is to be run.

    Args:
        entries: The tables.
        options: What the command line says.
        data: The annotations.
        open_training: Opens the data to train on; without it nothing is trained.

    Raises:
        ConfigError: If a config that is needed is missing or does not parse.
    """
    planner = _Planner(options, data, open_training)
    return Plan(
        tuple(
            planner.row(entry, row.id) for entry in entries for row in entry.table.rows
        )
    )


def why_not(
    recipe: Row, evidence: Evidence, *, trains: bool = False
) -> tuple[Reason, str] | None:
    """Why a row gives no such evidence by itself, or None if it does.

    Args:
        recipe: The row's recipe.
        evidence: The kind of proof that is looked for.
        trains: Whether networks of its paper are trained at the scale.
    """
    runnable = (*RUNNABLE, Evidence.TRAINING) if trains else RUNNABLE
    if recipe.reason is not None and evidence not in RUNNABLE:
        return recipe.reason, recipe.why
    if evidence in recipe.evidence and evidence in runnable:
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


class _Planner:
    """Plans row by row; data to train on is opened once a paper, if at all."""

    def __init__(
        self, options: Options, data: DataSource, open_training: OpenTraining | None
    ) -> None:
        self._options, self._data = options, data
        self._open_training = open_training
        self._opened: dict[str, DataSource] = {}

    def row(self, entry: CatalogueEntry, row_id: str) -> PlannedRow:
        recipe = entry.recipe.rows[row_id]
        evidence = self._options.evidence or entry.recipe.evidence
        paper = entry.table.id.partition("/")[0]
        scales = load_scales(paper)
        trains = self._open_training is not None and trains_here(
            scales, self._options.scale
        )
        place = (entry.table.id, row_id, evidence)
        missing = why_not(recipe, evidence, trains=trains)
        if missing is not None:
            return PlannedRow(*place, reason=missing[0], why=missing[1])
        config = str(recipe.config)
        if evidence is Evidence.TRAINING:
            data = self._training_data(paper, scales)
            *needs, run = self._training(scales, data).evaluation(config)
            return PlannedRow(*place, run, tuple(needs), data)
        return PlannedRow(*place, self._oracle(entry.recipe.measures[evidence], config))

    def _oracle(self, measure: str, config: str) -> RunSpec:
        known = MEASURES[measure]
        return RunSpec(
            measure=measure,
            evidence=Evidence.ORACLE,
            settings=oracle_settings(config),
            scale=self._options.scale,
            seed=self._options.seed,
            num_draws=self._options.num_draws,
            data_digest=self._data.digest,
            sources_digest=sources_digest(known.all_sources),
            config=config,
            threads=self._options.threads if known.threads_matter else None,
        )

    def _training(self, scales: PaperScales, data: DataSource) -> TrainingPlan:
        options = self._options
        return TrainingPlan(
            scales,
            options.scale,
            data,
            options.seed,
            options.num_draws,
            options.threads,
        )

    def _training_data(self, paper: str, scales: PaperScales) -> DataSource:
        if paper not in self._opened and self._open_training is not None:
            recipe = scales.scales[self._options.scale]
            self._opened[paper] = self._open_training(recipe)
        return self._opened[paper]
