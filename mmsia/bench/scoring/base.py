"""What a way of scoring must do for the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Scored:
    """What predictions came to.

    Attributes:
        scores: Name -> value, percent.
        draws: Name -> (B,) its value on each draw of the test set.
        counts: How many of each kind there were.
    """

    scores: Mapping[str, float]
    draws: Mapping[str, np.ndarray]
    counts: Mapping[str, int]


class Scoring(Protocol):
    """A metric as the engine needs it: predictions are kept, scores follow from them.

    Scores that MMPose's own runner prints come from the same functions; the engine
    computes them again from what it stores, so that anybody can.
    """

    def settings(self) -> dict[str, Any]:
        """Plain values from which `scoring_named` makes it again."""
        ...

    def open(self, annotations: Path) -> Any:
        """The truth of a test set, checked.

        Args:
            annotations: Its annotation file.

        Raises:
            DataError: If it cannot be scored on.
        """
        ...

    def keep(self, evaluator: dict[str, Any], prefix: Path) -> list[Path]:
        """Have a config's evaluator write its predictions.

        Args:
            evaluator: Its config, changed in place.
            prefix: Beginning of the files' paths.

        Returns:
            The files that it will write.
        """
        ...

    def read(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """The part of what was written that scores are computed from, in order.

        Args:
            paths: What `keep` returned.
        """
        ...

    def score(
        self,
        truth: Any,
        predictions: Sequence[Mapping[str, Any]],
        image_ids: Sequence[int],
        num_draws: int,
    ) -> Scored:
        """Score predictions, and score them on draws of the test set.

        Args:
            truth: What `open` returned.
            predictions: What `read` returned.
            image_ids: Images that were looked at.
            num_draws: Draws; all runs draw alike (`intervals.IMAGE_SEED`).

        Raises:
            DataError: If predictions and truth do not fit.
        """
        ...
