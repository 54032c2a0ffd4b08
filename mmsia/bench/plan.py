"""From rows to the distinct runs behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from mmsia.bench.data import DataSource
from mmsia.bench.efficiency_plan import efficiency_run
from mmsia.bench.given_weights import given_weights
from mmsia.bench.measures import MEASURES
from mmsia.bench.recipe import CatalogueEntry, Row
from mmsia.bench.scales import PaperScales, load_scales
from mmsia.bench.settings import oracle_settings
from mmsia.bench.sources import sources_digest
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Evidence, Reason, Scale
from mmsia.bench.training_data import Images
from mmsia.bench.training_plan import TrainingPlan, config_digest
from mmsia.errors import DataError

OpenTraining = Callable[[PaperScales, str], Images]

RUNNABLE = (Evidence.ORACLE, Evidence.STRUCTURE, Evidence.EFFICIENCY)
"""Evidence that needs neither weights nor images."""

_NO_GPU = (
    "weights are missing (`--evidence inference --checkpoint TABLE/ROW=FILE` names "
    "them), and to train them by the paper's schedule takes months without a GPU, "
    "which this machine has not: use one that has, or `--executor slurm` or `ray`"
)


@dataclass(frozen=True)
class Options:
    """What the command line says about all runs.

    Attributes:
        scale: How many images.
        evidence: Kind of proof; default each table's own.
        seed: What the seeds of all runs derive from.
        num_seeds: Trainings of each row; default what the scale declares.
        num_draws: Draws of the bootstrap.
        threads: Of a run's process.
        processes: That a training is spread over, where it is.
        without_gpu: Tells whether runs are made on this machine and it has no GPU;
            asked only where that matters, for it imports torch.
        device: Tells what speeds are measured on; nothing where that is not known
            before a run begins.
        checkpoints: `table/row` -> file of weights, for inference evidence.
        starts: `table/row` -> file of weights that its training starts from.
        printed_only: Whether what stands beside the printed rows is left out.
    """

    scale: Scale
    evidence: Evidence | None = None
    seed: int = 0
    num_seeds: int | None = None
    num_draws: int = 2000
    threads: int = 1
    processes: int | None = None
    without_gpu: Callable[[], bool] = lambda: False
    device: Callable[[], dict[str, str]] = dict
    checkpoints: Mapping[str, Path] = field(default_factory=dict)
    starts: Mapping[str, Path] = field(default_factory=dict)
    printed_only: bool = False


@dataclass(frozen=True)
class PlannedRow:
    """One row with its runs, or with the reason why there are none.

    Attributes:
        table: Table id.
        row: Row id.
        evidence: Kind of proof.
        chains: For each seed the run that gives the row's numbers, after those that
            must be there before it.
        structure: The run that counts its network, where the table prints counts.
        efficiency: The run that times its network beside the table's other rows.
        checks: Runs that must succeed before any claim is judged on the row.
        data: What it is tested on, where that is not the session's own.
        reason: Why there is no run.
        why: The reason in words.
        beside: Whether it is none of the printed rows.
    """

    table: str
    row: str
    evidence: Evidence
    chains: tuple[tuple[RunSpec, ...], ...] = ()
    structure: RunSpec | None = None
    efficiency: RunSpec | None = None
    checks: tuple[RunSpec, ...] = ()
    data: DataSource | None = None
    reason: Reason | None = None
    why: str = ""
    beside: bool = False

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """The runs that give its numbers, one a seed."""
        return tuple(chain[-1] for chain in self.chains)


@dataclass(frozen=True)
class Plan:
    """Rows in the order of the tables, and the distinct runs behind them.

    Attributes:
        rows: The rows.
        weights: SHA-256 -> file of weights that were given, not trained.
        sources: Digest -> data that runs read and that is not the session's own.
    """

    rows: tuple[PlannedRow, ...]
    weights: Mapping[str, Path] = field(default_factory=dict)
    sources: Mapping[str, DataSource] = field(default_factory=dict)

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """Each run once, after those that it needs; every row's first seed first.

        What stands beside the printed rows comes after them.
        """
        behind = [
            run
            for beside in (False, True)
            for chains in zip_longest(
                *(row.chains for row in self.rows if row.beside is beside),
                fillvalue=(),
            )
            for chain in chains
            for run in chain
        ]
        counts = [row.structure for row in self.rows if row.structure]
        speeds = [row.efficiency for row in self.rows if row.efficiency]
        checks = [run for row in self.rows for run in row.checks]
        every = (*counts, *checks, *behind, *speeds)
        return tuple({run.key: run for run in every}.values())

    def rows_of(self, key: str) -> list[str]:
        """The rows that rest on a run, as `table row`.

        Args:
            key: The run's key in this plan.
        """
        return [
            f"{row.table} {row.row}"
            for row in self.rows
            if any(run.key == key for chain in row.chains for run in chain)
            or any(run.key == key for run in row.checks)
            or any(run.key == key for run in (row.structure, row.efficiency) if run)
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
        open_training: Opens the images that a config's network is trained and
            tested on; without it no network is.

    Raises:
        ConfigError: A config that does not parse, or weights for what is no row.
        DataError: Weights that are missing.
    """
    entries = list(entries)
    planner = _Planner(options, data, open_training, entries)
    rows = tuple(
        planner.row(entry, row_id)
        for entry in entries
        for row_id in _ids(entry, options)
    )
    files = dict([*planner.weights.values(), *planner.starts.values()])
    return Plan(rows, files, planner.sources)


def _ids(entry: CatalogueEntry, options: Options) -> list[str]:
    """The rows of a table that are asked for."""
    beside = () if options.printed_only else entry.recipe.beside
    return [*(row.id for row in entry.table.rows), *beside]


def why_not(recipe: Row, evidence: Evidence) -> tuple[Reason, str] | None:
    """Why a row gives no such evidence without weights or images, None if it does.

    Args:
        recipe: The row's recipe.
        evidence: The kind of proof that is looked for.
    """
    if recipe.reason is not None and evidence not in RUNNABLE:
        return recipe.reason, recipe.why
    if evidence in recipe.evidence and evidence in RUNNABLE:
        return None
    if recipe.reason is not None:
        return recipe.reason, recipe.why
    kinds = ", ".join(recipe.evidence) or "none"
    if evidence not in recipe.evidence:
        return Reason.OTHER_EVIDENCE, f"gives no {evidence} evidence (only {kinds})"
    here = [kind for kind in recipe.evidence if kind in RUNNABLE]
    hint = f"; `--evidence {here[0]}` runs here" if here else ""
    if evidence is Evidence.TRAINING:
        why = "no network of this row has been trained here; `--scale paper --data-root"
        command = f"`mmsia train {recipe.config}`"
        return Reason.NEEDS_TRAINING, f"{why} D` or {command} trains one{hint}"
    why = "needs trained weights; `--checkpoint TABLE/ROW=FILE` names them"
    return Reason.NEEDS_WEIGHTS, why + hint


def _structure_settings(
    config: str, references: Mapping[str, str | int]
) -> dict[str, Any]:
    """The config, and what its size is compared with, by their contents."""
    settings: dict[str, Any] = {
        "config": config,
        "config_digest": config_digest(config),
    }
    if references:
        settings["references"] = {
            name: _structure_settings(other, {}) if isinstance(other, str) else other
            for name, other in references.items()
        }
    return settings


class _Planner:
    """Plans row by row; images are opened once a config, if at all."""

    def __init__(
        self,
        options: Options,
        data: DataSource,
        open_training: OpenTraining | None,
        entries: list[CatalogueEntry],
    ) -> None:
        self._options, self._data, self._open_training = options, data, open_training
        self._opened: dict[str, Images | DataError] = {}
        self._speeds: dict[str, RunSpec] = {}
        self.sources: dict[str, DataSource] = {}
        self.weights = given_weights(options.checkpoints, entries)
        self.starts = given_weights(options.starts, entries)

    def row(self, entry: CatalogueEntry, row_id: str) -> PlannedRow:
        recipe = entry.recipe.every_row[row_id]
        counted = None
        if entry.recipe.structure and Evidence.STRUCTURE in recipe.evidence:
            counted = self._structure(str(recipe.config), recipe.references)
        beside = row_id in entry.recipe.beside
        planned = self._row(entry, row_id, recipe)
        return replace(planned, structure=counted, beside=beside)

    def _row(self, entry: CatalogueEntry, row_id: str, recipe: Row) -> PlannedRow:
        evidence = self._options.evidence or entry.recipe.evidence
        place = (entry.table.id, row_id, evidence)
        missing = why_not(recipe, evidence)
        if evidence is Evidence.STRUCTURE and missing is None:
            return PlannedRow(*place)
        if evidence is Evidence.EFFICIENCY and missing is None:
            return PlannedRow(*place, efficiency=self._efficiency(entry))
        networks = (Reason.NEEDS_TRAINING, Reason.NEEDS_WEIGHTS)
        if missing is not None and missing[0] in networks:
            return self._network(place, str(recipe.config), missing)
        if missing is not None:
            return PlannedRow(*place, reason=missing[0], why=missing[1])
        run = self._oracle(entry.recipe.measures[evidence], str(recipe.config))
        return PlannedRow(*place, ((run,),))

    def _structure(self, config: str, references: Mapping[str, str | int]) -> RunSpec:
        return RunSpec(
            measure="structure",
            evidence=Evidence.STRUCTURE,
            settings=_structure_settings(config, references),
            # Of the paper's own network, whatever the scale.
            scale=Scale.PAPER,
            seed=0,
            num_draws=0,
            data_digest="",
            sources_digest=sources_digest(MEASURES["structure"].all_sources),
            config=config,
        )

    def _efficiency(self, entry: CatalogueEntry) -> RunSpec:
        table = entry.table.id
        if table not in self._speeds:
            self._speeds[table] = efficiency_run(
                entry,
                device=self._options.device(),
                seed=self._options.seed,
                num_draws=self._options.num_draws,
                threads=self._options.threads,
            )
        return self._speeds[table]

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

    def _network(
        self,
        place: tuple[str, str, Evidence],
        config: str,
        otherwise: tuple[Reason, str],
    ) -> PlannedRow:
        """A row of a trained network: trained here, or of weights that were given."""
        table, row, evidence = place
        given = self.weights.get(f"{table}/{row}")
        scales = load_scales(table.partition("/")[0])
        if self._open_training is None or not scales.declares(self._options.scale):
            return PlannedRow(*place, reason=otherwise[0], why=otherwise[1])
        if evidence is Evidence.INFERENCE and given is None:
            return PlannedRow(*place, reason=otherwise[0], why=otherwise[1])
        slow = evidence is Evidence.TRAINING and self._options.scale is Scale.PAPER
        if slow and self._options.without_gpu():
            return PlannedRow(*place, reason=Reason.NEEDS_GPU, why=_NO_GPU)
        training = self._training(scales)
        try:
            images = self._images(scales, config)
            if evidence is Evidence.INFERENCE and given is not None:
                chain = (training.of_given(config, given[0]),)
                return PlannedRow(*place, (chain,), data=images.test)
            number = self._options.num_seeds or scales.num_seeds(self._options.scale)
            start, _ = self.starts.get(f"{table}/{row}", (None, None))
            chains = tuple(training.evaluation(config, n, start) for n in range(number))
            checks = self._overfit(config, scales)
        except DataError as error:
            return PlannedRow(*place, reason=Reason.NEEDS_DATA, why=str(error))
        return PlannedRow(*place, chains, checks=checks, data=images.test)

    def _overfit(self, config: str, scales: PaperScales) -> tuple[RunSpec, ...]:
        """Train and test a row on the same few images, where its scale says so."""
        if self._images(scales, config).overfit is None:
            return ()
        extra = scales.overfit_overlay(self._options.scale)
        return self._training(scales, extra).evaluation(config, 0)

    def _training(
        self, scales: PaperScales, extra: Mapping[str, Any] | None = None
    ) -> TrainingPlan:
        """Plans trainings; with an extra overlay, those of the check."""
        options = self._options

        def data_of(config: str) -> DataSource:
            images = self._images(scales, config)
            check = images.overfit if extra is not None else None
            return check or images.test

        return TrainingPlan(
            scales,
            options.scale,
            data_of,
            options.seed,
            options.num_draws,
            options.threads,
            extra or {},
            processes=options.processes,
        )

    def _images(self, scales: PaperScales, config: str) -> Images:
        """The images of a config, opened once for all that share them.

        Raises:
            DataError: If they are not there.
        """
        if self._open_training is None:
            raise DataError(f"images of {config}", expected="data", got="none")
        if config not in self._opened:
            try:
                self._opened[config] = self._open_training(scales, config)
            except DataError as error:
                self._opened[config] = error
        found = self._opened[config]
        if isinstance(found, DataError):
            raise found
        for data in (found.test, found.overfit):
            if data is not None:
                self.sources[data.digest] = data
        return found
