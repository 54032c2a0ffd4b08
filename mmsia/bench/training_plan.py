"""Training and evaluation as separate runs: several decoders, one checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any

from mmsia.bench.data import DataSource
from mmsia.bench.measures import MEASURES
from mmsia.bench.scales import PaperScales
from mmsia.bench.selection import Selection, selection_of
from mmsia.bench.settings import resolved_config
from mmsia.bench.sources import sources_digest
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Evidence, Scale
from mmsia.files import sha256_text

TRAIN, EVALUATE = "training", "inference"
"""Names of the two measurements in `bench.measures`."""

_SEED_LIMIT = 2**31


def derived_seed(base: int, config: str, repetition: int) -> int:
    """The seed of one training: another for each config and each repetition.

    Args:
        base: `--seed` of the command line.
        config: The config that is trained, relative to the project's root.
        repetition: From 0.
    """
    digest = sha256_text(json.dumps([base, config, repetition]))
    return int(digest[:16], 16) % _SEED_LIMIT


@dataclass(frozen=True)
class TrainingPlan:
    """Makes the runs of one paper at one scale.

    Attributes:
        scales: What the paper declares.
        scale: The scale.
        data_of: The data of a config.
        seed: What all seeds derive from.
        num_draws: Draws of the bootstrap.
        threads: Of a run's process.
        extra: Overlay on top of the scale's.
        processes: That share each training; None: one trains alone.
    """

    scales: PaperScales
    scale: Scale
    data_of: Callable[[str], DataSource]
    seed: int
    num_draws: int
    threads: int
    extra: Mapping[str, Any] = field(default_factory=dict)
    processes: int | None = None

    def evaluation(
        self, config: str, repetition: int, weights: str | None = None
    ) -> tuple[RunSpec, ...]:
        """The runs behind one row and seed, each after the one that it starts from.

        Args:
            config: The row's config, relative to the project's root.
            repetition: Which of its seeds, from 0.
            weights: As `training`.
        """
        before = self.training(self.scales.training_of(config), repetition, weights)
        run = self._run(EVALUATE, config, before[-1].seed, before[-1].key)
        return (*before, run)

    def training(
        self, config: str, repetition: int, weights: str | None = None
    ) -> tuple[RunSpec, ...]:
        """The run that trains a config, after those that it starts from.

        Args:
            config: The config, relative to the project's root.
            repetition: Which of its seeds, from 0.
            weights: SHA-256 of the file that the first of them starts from.
        """
        seed = derived_seed(self.seed, config, repetition)
        first = self.scales.init_from.get(config)
        if first is None:
            run = self._run(TRAIN, config, seed, None)
            return (run if weights is None else run.with_weights(weights),)
        before = self.training(first, repetition, weights)
        return (*before, self._run(TRAIN, config, seed, before[-1].key))

    def of_given(self, config: str, weights: str) -> RunSpec:
        """The run that evaluates weights which nobody trained here.

        Args:
            config: The row's config, relative to the project's root.
            weights: SHA-256 of their file.
        """
        run = self._run(EVALUATE, config, self.seed, None)
        return replace(run, evidence=Evidence.INFERENCE, weights=weights)

    def _run(self, measure: str, config: str, seed: int, start: str | None) -> RunSpec:
        known = MEASURES[measure]
        shared = known.distributed and (self.processes or 1) > 1
        return RunSpec(
            measure=measure,
            evidence=Evidence.TRAINING,
            settings=self._settings(measure, config),
            scale=self.scale,
            seed=seed,
            num_draws=self.num_draws if measure == EVALUATE else 0,
            data_digest=self.data_of(config).digest,
            sources_digest=sources_digest(known.all_sources),
            config=config,
            threads=self.threads if known.threads_matter else None,
            processes=self.processes if shared else None,
            start=start,
        )

    def _settings(self, measure: str, config: str) -> dict[str, Any]:
        settings = {
            "config": config,
            "config_digest": config_digest(config),
            "overlay": {**self.scales.overlay(self.scale, config), **self.extra},
        }
        # The other scales validate on what they test on.
        if measure == TRAIN and self.scale is Scale.PAPER:
            chosen_by = _selection(config, self.scales.scored_with(config))
            if chosen_by is not None:
                settings["selection"] = asdict(chosen_by)
        return settings


@lru_cache(maxsize=128)
def _selection(config: str, scored: tuple[str, ...]) -> Selection | None:
    return selection_of(resolved_config(config), map(resolved_config, scored))


@lru_cache(maxsize=128)
def config_digest(config: str) -> str:
    """SHA-256 of a config with its base files merged in.

    Args:
        config: Path relative to the project's root.
    """
    return sha256_text(json.dumps(resolved_config(config), sort_keys=True, default=str))
