"""PCK over the side of the crop (SIA-GCN, Eq. 5), one hand an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.intervals import IMAGE_SEED
from mmsia.bench.scoring.base import Scored
from mmsia.datasets.hand_annotations import HandAnnotations, load_hand_annotations
from mmsia.errors import DataError
from mmsia.evaluation.bootstrap import draw_weights
from mmsia.files import read_json
from mmsia.ops.pck import THRESHOLDS, mean_pck, pck_by_image

NAME = "crop-side-pck"


@dataclass(frozen=True)
class CropSide:
    """CropSidePCK; draws are of sequences, for neighbouring frames are much alike.

    Attributes:
        thresholds: Shares of the side.
        mean_thresholds: Those that mPCK is the mean of.
    """

    thresholds: tuple[float, ...] = THRESHOLDS
    mean_thresholds: tuple[float, ...] = THRESHOLDS[:6]

    def settings(self) -> dict[str, Any]:
        """See `Scoring`."""
        return {
            "name": NAME,
            "thresholds": list(self.thresholds),
            "mean_thresholds": list(self.mean_thresholds),
        }

    def open(self, annotations: Path) -> HandAnnotations:
        """See `Scoring`."""
        return load_hand_annotations(annotations)

    def keep(self, evaluator: dict[str, Any], prefix: Path) -> list[Path]:
        """See `Scoring`."""
        path = prefix.with_name(f"{prefix.name}.hands.json")
        evaluator["outfile"] = str(path)
        return [path]

    def read(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """Hands as `CropSidePCK` writes them, in order of their numbers.

        Scores come from `keypoints` and `side`; the rest is for figures.
        """
        (path,) = paths
        return sorted(read_json(path), key=lambda hand: hand["id"])

    def score(
        self,
        truth: HandAnnotations,
        predictions: Sequence[Mapping[str, Any]],
        image_ids: Sequence[int],
        num_draws: int,
    ) -> Scored:
        """See `Scoring`.

        Raises:
            DataError: If a hand of the images was not predicted, or another one was.
        """
        rows = truth.rows_of(image_ids)
        found = find_hands(predictions, truth.ids[rows])
        shares = pck_by_image(
            found.keypoints,
            truth.keypoints[rows],
            truth.labelled[rows],
            found.sides,
            self.thresholds,
        )
        counted = np.isfinite(shares[:, 0])
        groups, index = np.unique(truth.groups[rows][counted], return_inverse=True)
        sums = np.zeros((len(groups), len(self.thresholds)))
        np.add.at(sums, index, shares[counted])
        sizes = np.bincount(index, minlength=len(groups))
        draws = draw_weights(len(groups), num_draws, IMAGE_SEED)
        of_draws = 100 * (draws @ sums) / (draws @ sizes)[:, None]
        means = 100 * shares[counted].mean(axis=0)
        return Scored(
            scores={name: float(v) for name, v in self._named(means).items()},
            draws=self._named(of_draws),
            counts={
                "num_images": len(image_ids),
                "num_hands": len(rows),
                "num_scored": int(counted.sum()),
                "num_sequences": len(groups),
            },
        )

    def _named(self, values: np.ndarray) -> dict[str, Any]:
        """Scores by name, from (..., T) of the thresholds."""
        named = {
            f"pck@{threshold:.2f}": values[..., number]
            for number, threshold in enumerate(self.thresholds)
        }
        mean = mean_pck(values, self.thresholds, self.mean_thresholds)
        return {**named, "mpck": mean}


@dataclass(frozen=True)
class FoundHands:
    """Predictions as arrays.

    Attributes:
        keypoints: (N, 21, 2) pixels of the image, xy; NaN where there is no position.
        sides: (N,) of the crops, pixels.
    """

    keypoints: np.ndarray
    sides: np.ndarray


def find_hands(predictions: Sequence[Mapping[str, Any]], ids: np.ndarray) -> FoundHands:
    """Predictions of some hands, in their order.

    Args:
        predictions: What `CropSide.read` returned.
        ids: (N,) numbers of the hands.

    Raises:
        DataError: If a hand was not predicted, another one was, or there is none.
    """
    by_id = {hand["id"]: hand for hand in predictions}
    missing, unknown = set(ids.tolist()) - set(by_id), set(by_id) - set(ids.tolist())
    if missing or unknown or not len(ids):
        raise DataError(
            "predictions of hands",
            expected="one for each annotated hand of the images, and a hand at least",
            got=f"none for {sorted(missing)[:3]}, others for {sorted(unknown)[:3]}",
        )
    hands = [by_id[number] for number in ids.tolist()]
    keypoints = np.array([hand["keypoints"] for hand in hands], dtype=np.float64)
    sides = np.array([hand["side"] for hand in hands], dtype=np.float64)
    return FoundHands(keypoints, sides)
