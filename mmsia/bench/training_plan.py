"""Training and evaluation as separate runs: several decoders, one checkpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mmsia.bench.data import DataSource
from mmsia.bench.measures import MEASURES
from mmsia.bench.scales import PaperScales
from mmsia.bench.settings import resolved_config
from mmsia.bench.sources import sources_digest
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Evidence, Scale
from mmsia.files import sha256_text

TRAIN, EVALUATE = "training", "inference"
"""Names of the two measurements in `bench.measures`."""


def trains_here(scales: PaperScales, scale: Scale) -> bool:
    """Whether a paper's networks are trained by `reproduce` at a scale.

    Args:
        scales: What the paper declares.
        scale: The scale.
    """
    return scale in scales.scales and {TRAIN, EVALUATE} <= set(MEASURES)


@dataclass(frozen=True)
class TrainingPlan:
    """Makes the runs of one paper at one scale.

    Attributes:
        scales: What the paper declares.
        scale: The scale.
        data: Its data.
        seed: Of everything random.
        num_draws: Draws of the bootstrap.
        threads: Of a run's process.
    """

    scales: PaperScales
    scale: Scale
    data: DataSource
    seed: int
    num_draws: int
    threads: int

    def evaluation(self, config: str) -> tuple[RunSpec, ...]:
        """The runs behind one row, each after the one that it starts from.

        Args:
            config: The row's config, relative to the project's root.
        """
        before = self.training(self.scales.training_of(config))
        run = self._run(EVALUATE, config, self.num_draws, before[-1].key)
        return (*before, run)

    def training(self, config: str) -> tuple[RunSpec, ...]:
        """The run that trains a config, after those that it starts from.

        Args:
            config: The config, relative to the project's root.
        """
        first = self.scales.init_from.get(config)
        before = self.training(first) if first is not None else ()
        start = before[-1].key if before else None
        return (*before, self._run(TRAIN, config, 0, start))

    def _run(
        self, measure: str, config: str, num_draws: int, start: str | None
    ) -> RunSpec:
        known = MEASURES[measure]
        return RunSpec(
            measure=measure,
            evidence=Evidence.TRAINING,
            settings=self._settings(config),
            scale=self.scale,
            seed=self.seed,
            num_draws=num_draws,
            data_digest=self.data.digest,
            sources_digest=sources_digest(known.all_sources),
            config=config,
            threads=self.threads if known.threads_matter else None,
            start=start,
        )

    def _settings(self, config: str) -> dict[str, Any]:
        return {
            "config": config,
            "config_digest": _config_digest(config),
            "overlay": dict(self.scales.scales[self.scale].overlay),
        }


@lru_cache(maxsize=128)
def _config_digest(config: str) -> str:
    """SHA-256 of a config with its base files merged in."""
    return sha256_text(json.dumps(resolved_config(config), sort_keys=True, default=str))
