"""Scales: what smoke and mini change in a paper's configs, declared once per paper.

`reproduce/<paper>/scales.yaml` names for each scale the simulated data and an overlay
over the rows' configs, and which configs share a training or start from another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from mmsia.bench.terms import Scale
from mmsia.errors import ConfigError
from mmsia.paths import project_root

TRAIN_SPLIT: Literal["train"] = "train"
VAL_SPLIT: Literal["val"] = "val"
OVERFIT_SPLIT: Literal["overfit"] = "overfit"
"""Splits of simulated data; the check of overfitting trains and tests on the last."""


class OverfitRecipe(BaseModel):
    """A training on a handful of images that are also the test: it must succeed.

    Attributes:
        images: How many.
        metric: Score of a run that is looked at.
        metrics: Pattern of configs -> the score of these, where it is another one.
        score: Least of it (percent) that counts as learnt by heart.
        error: Most of it that does, where the score is an error; one of the two.
        overlay: On top of the scale's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: PositiveInt
    metric: str
    metrics: Mapping[str, str] = {}
    score: float | None = Field(default=None, gt=0, le=100)
    error: float | None = Field(default=None, gt=0)
    overlay: Mapping[str, Any] = {}

    @model_validator(mode="after")
    def _one_bound(self) -> OverfitRecipe:
        if (self.score is None) is (self.error is None):
            raise ValueError("score or error, one of them")
        return self

    def worst(self, values: Sequence[float]) -> float:
        """The value that decides.

        Args:
            values: What a run's settings gave, one at least.
        """
        return max(values) if self.score is None else min(values)

    def passes(self, value: float) -> bool:
        """Whether this is learnt by heart.

        Args:
            value: Of the metric.
        """
        if self.error is not None:
            return value <= self.error
        return self.score is not None and value >= self.score

    @property
    def bound(self) -> str:
        """In words."""
        least = f"at least {self.score:g}" if self.score is not None else ""
        return least or f"at most {self.error:g}"

    def metric_of(self, config: str) -> str:
        """The score of a config that is looked at.

        Args:
            config: Path relative to the project's root.
        """
        for pattern, metric in self.metrics.items():
            if fnmatchcase(config, pattern):
                return metric
        return self.metric


class SimulatedData(BaseModel):
    """Simulated images to train and test on.

    Attributes:
        simulated: Family of simulated data.
        preset: How hard it is (`datasets.simulated.presets`).
        train_images: Images to train on.
        val_images: Images to test on.
        test_split: The split that they are of: families with held-out shapes have
            these in `test`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    simulated: str
    preset: str
    train_images: PositiveInt
    val_images: PositiveInt
    test_split: Literal["val", "test"] = VAL_SPLIT


class ScaleRecipe(SimulatedData):
    """What one scale changes.

    Attributes:
        overlay: Keys of `mmsia.engine.overlay`, the same for every row.
        overlays: Pattern of configs -> further keys for these: a paper's networks need
            not shrink alike. Rows that are compared share a pattern.
        other_data: Pattern of configs -> the data of these, where the paper has
            several sets.
        seeds: Trainings of each row, unless the command line says another number.
        overfit: The check that stands before every claim, where claims are tested.
    """

    overlay: Mapping[str, Any]
    overlays: Mapping[str, Mapping[str, Any]] = {}
    other_data: Mapping[str, SimulatedData] = {}
    seeds: PositiveInt = 1
    overfit: OverfitRecipe | None = None

    def data_of(self, config: str) -> SimulatedData:
        """The data of a config.

        Args:
            config: Path relative to the project's root.
        """
        for pattern, data in self.other_data.items():
            if fnmatchcase(config, pattern):
                return data
        # without what only a recipe has: the key of data is its images alone
        return SimulatedData(**self.model_dump(include=set(SimulatedData.model_fields)))


class PaperScales(BaseModel):
    """The scales of one paper.

    Attributes:
        trained_as: Config -> the config whose training it evaluates.
        init_from: Trained config -> the trained config that it starts from.
        scales: Scale -> what it changes; paper changes nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    trained_as: Mapping[str, str] = {}
    init_from: Mapping[str, str] = {}
    scales: Mapping[Scale, ScaleRecipe] = {}

    @field_validator("scales")
    @classmethod
    def _not_the_papers_own(
        cls, scales: Mapping[Scale, ScaleRecipe]
    ) -> Mapping[Scale, ScaleRecipe]:
        if Scale.PAPER in scales:
            raise ValueError("scale paper changes nothing: it is not declared")
        return scales

    def declares(self, scale: Scale) -> bool:
        """Whether networks of the paper can be trained or tested at a scale.

        Args:
            scale: The scale.
        """
        return scale in self.scales or (scale is Scale.PAPER and bool(self.scales))

    def overlay(self, scale: Scale, config: str) -> dict[str, Any]:
        """What a scale changes in a config of the paper.

        Args:
            scale: The scale.
            config: Path relative to the project's root.
        """
        if scale not in self.scales:
            return {}
        recipe = self.scales[scale]
        tested = recipe.data_of(config).test_split
        chosen: dict[str, Any] = {"train_split": TRAIN_SPLIT, "val_split": tested}
        chosen |= recipe.overlay
        for pattern, overlay in recipe.overlays.items():
            if fnmatchcase(config, pattern):
                chosen |= overlay
        return chosen

    def overfit_overlay(self, scale: Scale) -> dict[str, Any]:
        """What the check of overfitting changes on top of a scale's overlay.

        Args:
            scale: A scale that declares the check.
        """
        recipe = self.scales[scale].overfit
        own = {} if recipe is None else dict(recipe.overlay)
        return {**own, "train_split": OVERFIT_SPLIT, "val_split": OVERFIT_SPLIT}

    def num_seeds(self, scale: Scale) -> int:
        """Trainings of each row at a scale.

        Args:
            scale: The scale.
        """
        return self.scales[scale].seeds if scale in self.scales else 1

    def training_of(self, config: str) -> str:
        """The config whose training a row's config evaluates.

        Args:
            config: Path relative to the project's root.
        """
        return self.trained_as.get(config, config)

    def scored_with(self, config: str) -> tuple[str, ...]:
        """The other configs whose numbers rest on the training of one.

        Args:
            config: That is trained.
        """
        same = [one for one, trained in self.trained_as.items() if trained == config]
        later = [one for one, first in self.init_from.items() if first == config]
        return (*same, *later, *(c for one in later for c in self.scored_with(one)))


@lru_cache(maxsize=16)
def load_scales(paper: str, root: Path | None = None) -> PaperScales:
    """The scales of a paper; none where it declares none.

    Args:
        paper: Its key, such as `gog`.
        root: Folder `reproduce`; default that of the project.

    Raises:
        ConfigError: If the file does not say what it must.
    """
    path = (root or project_root() / "reproduce") / paper / "scales.yaml"
    if not path.is_file():
        return PaperScales()
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        scales = PaperScales.model_validate(raw)
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigError(
            f"the scales in {path}",
            got=" ".join(str(error).split()),
            remedy="Correct the file",
        ) from error
    _check_start(scales, path)
    return scales


def _check_start(scales: PaperScales, path: Path) -> None:
    """No config may start from itself, over however many others."""
    for first in scales.init_from:
        seen, config = {first}, scales.init_from[first]
        while config in scales.init_from:
            if config in seen:
                raise ConfigError(
                    f"init_from in {path}",
                    expected="a chain that ends",
                    got=f"a circle through {config}",
                )
            seen.add(config)
            config = scales.init_from[config]
