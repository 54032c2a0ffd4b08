"""Hands of a figure, by how far their keypoints were found from where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsia.bench.gallery import pick_images
from mmsia.bench.scoring.crop_side_pck import CropSide, find_hands
from mmsia.datasets.hand_annotations import HandAnnotations
from mmsia.errors import DataError
from mmsia.ops.pck import mean_pck, pck_by_image


@dataclass(frozen=True)
class FoundHand:
    """What one row found of a hand.

    Attributes:
        keypoints: (21, 2) pixels of the image; NaN where there is no position.
        distance: Mean over the labelled keypoints, share of the crop's side.
        mpck: mPCK of this hand alone, percent.
    """

    keypoints: np.ndarray
    distance: float
    mpck: float


@dataclass(frozen=True)
class HandChoice:
    """One hand of a figure.

    Attributes:
        hand_id: Number of the hand.
        image_id: Of its image.
        keypoints: (21, 2) where they are, pixels of the image.
        labelled: (21,) bool.
        center: (2,) of the crop.
        side: Of the crop, pixels.
        found: What each row found, in the order of the rows.
        why: The rule that chose it.
    """

    hand_id: int
    image_id: int
    keypoints: np.ndarray
    labelled: np.ndarray
    center: np.ndarray
    side: float
    found: tuple[FoundHand, ...]
    why: str


def mean_distances(
    found: np.ndarray, truth: np.ndarray, labelled: np.ndarray, sides: np.ndarray
) -> np.ndarray:
    """Mean distance of each hand's labelled keypoints, share of its crop's side.

    A keypoint without a position, or farther off, counts as one side away.

    Args:
        found: (N, 21, 2) pixels, NaN where there is no position.
        truth: (N, 21, 2) pixels.
        labelled: (N, 21) bool, at least one a hand.
        sides: (N,) pixels.
    """
    distance = np.linalg.norm(found - truth, axis=-1) / sides[:, None]
    distance = np.where(distance < 1, distance, 1)
    return (distance * labelled).sum(axis=1) / labelled.sum(axis=1)


def choose_hands(
    truth: HandAnnotations,
    image_ids: Sequence[int],
    rows: Sequence[Sequence[Mapping[str, Any]]],
    scoring: CropSide,
    *,
    quantiles: Sequence[float],
    num_worst: int,
) -> list[HandChoice]:
    """The hands that `pick_images` picks by the mean distance of the last row.

    Hands without a labelled keypoint have no score and are left out.

    Args:
        truth: Where the hands are.
        image_ids: Images that all rows looked at.
        rows: Predictions of each row.
        scoring: Of which mPCK is.
        quantiles: Of the score.
        num_worst: How many of the worst.

    Raises:
        DataError: If predictions and truth do not fit, or say no crop.
    """
    index = truth.rows_of(image_ids)
    index = index[truth.labelled[index].any(axis=1)]
    ids = truth.ids[index]
    known = set(ids.tolist())
    predicted = [[hand for hand in row if hand["id"] in known] for row in rows]
    hands = [_found_hands(row, truth, index, scoring) for row in predicted]
    centers, sides = _crops(predicted[-1], ids)
    picks = pick_images(
        [-hand.distance for hand in hands[-1]],
        ids,
        quantiles=quantiles,
        num_worst=num_worst,
    )
    return [
        HandChoice(
            hand_id=int(ids[pick.index]),
            image_id=int(truth.image_ids[index[pick.index]]),
            keypoints=truth.keypoints[index[pick.index]],
            labelled=truth.labelled[index[pick.index]],
            center=centers[pick.index],
            side=float(sides[pick.index]),
            found=tuple(row[pick.index] for row in hands),
            why=pick.why,
        )
        for pick in picks
    ]


def _found_hands(
    predictions: Sequence[Mapping[str, Any]],
    truth: HandAnnotations,
    index: np.ndarray,
    scoring: CropSide,
) -> list[FoundHand]:
    found = find_hands(predictions, truth.ids[index])
    known = (truth.keypoints[index], truth.labelled[index], found.sides)
    distances = mean_distances(found.keypoints, *known)
    shares = pck_by_image(found.keypoints, *known, scoring.thresholds)
    means = 100 * mean_pck(shares, scoring.thresholds, scoring.mean_thresholds)
    return [
        FoundHand(keypoints, float(distance), float(mean))
        for keypoints, distance, mean in zip(
            found.keypoints, distances, means, strict=True
        )
    ]


def _crops(
    predictions: Sequence[Mapping[str, Any]], ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Centres (N, 2) and sides (N,) of the crops of some hands."""
    by_id = {hand["id"]: hand for hand in predictions}
    hands = [by_id[number] for number in ids.tolist()]
    without = [hand["id"] for hand in hands if "center" not in hand]
    if without:
        raise DataError(
            "the crops of predicted hands",
            expected="`center` beside `side`",
            got=f"none for {len(without)} hands",
            remedy="Predictions of earlier versions lack it: make the run again",
        )
    centers = np.array([hand["center"] for hand in hands], dtype=np.float64)
    return centers, np.array([hand["side"] for hand in hands], dtype=np.float64)
