"""PCK of objects' keypoints by category (KLPNet, Table 3), one object a crop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.intervals import IMAGE_SEED
from mmsia.bench.scoring.base import Scored
from mmsia.datasets.object_annotations import (
    ObjectAnnotations,
    load_object_annotations,
)
from mmsia.errors import DataError
from mmsia.evaluation.bootstrap import draw_weights
from mmsia.files import read_json
from mmsia.ops.object_keypoints import ALPHA, count_links, identify_peaks
from mmsia.ops.pck import pck_by_image

NAME = "object-pck"
SUFFIX = ".objects.json"
LINKS = "links/f1"


@dataclass(frozen=True)
class ObjectsPCK:
    """ObjectPCK; draws are of images.

    Attributes:
        classes: Categories that count.
        identities: Who says which peak is which part: "oracle", "features".
        alpha: Of the longer side of the annotated box.
        without: Flags of an object that does not count.
    """

    classes: tuple[str, ...]
    identities: tuple[str, ...]
    alpha: float = ALPHA
    without: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ObjectsPCK:
        """With what an evaluator's config or a stored run says.

        Args:
            given: The config of `ObjectPCK`, or `settings`.
        """
        from mmsia.evaluation.object_pck_metric import IDENTITIES

        return cls(
            classes=tuple(map(str, given["classes"])),
            identities=tuple(given.get("identities", IDENTITIES)),
            alpha=float(given.get("alpha", ALPHA)),
            without=tuple(given.get("without", ())),
        )

    def settings(self) -> dict[str, Any]:
        """See `Scoring`."""
        return {
            "name": NAME,
            "classes": list(self.classes),
            "identities": list(self.identities),
            "alpha": self.alpha,
            "without": list(self.without),
        }

    def open(self, annotations: Path) -> ObjectAnnotations:
        """See `Scoring`."""
        return load_object_annotations(annotations)

    def keep(self, evaluator: dict[str, Any], prefix: Path) -> list[Path]:
        """See `Scoring`."""
        path = prefix.with_name(f"{prefix.name}{SUFFIX}")
        evaluator["outfile"] = str(path)
        return [path]

    def read(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """Objects as `ObjectPCK` writes them, in order of their numbers."""
        (path,) = paths
        return sorted(read_json(path), key=lambda found: found["id"])

    def score(
        self,
        truth: ObjectAnnotations,
        predictions: Sequence[Mapping[str, Any]],
        image_ids: Sequence[int],
        num_draws: int,
    ) -> Scored:
        """See `Scoring`; a mean of a draw is over the categories that it has.

        Of a network that predicts links, F1 of these as well (`LINKS`).

        Raises:
            DataError: If an object that counts was not predicted, or one was that is
                not in the images.
        """
        rows = truth.rows_of(image_ids, self.classes, self.without)
        objects = _in_order(truth, predictions, rows, image_ids)
        labelled = truth.labelled[rows]
        counts = labelled.sum(axis=1)
        images, image = np.unique(truth.image_ids[rows], return_inverse=True)
        column = self._columns(truth, rows)
        weights = draw_weights(len(images), num_draws, IMAGE_SEED)
        total = _table(image, column, counts, (len(images), len(self.classes)))
        scores: dict[str, float] = {}
        draws: dict[str, np.ndarray] = {}
        sides = np.ptp(truth.boxes[rows].reshape(-1, 2, 2), axis=1).max(axis=1)
        for identity in self.identities:
            found = np.full_like(truth.keypoints[rows], np.nan)
            for number, each in enumerate(objects):
                width = int(np.flatnonzero(labelled[number])[-1]) + 1
                found[number, :width] = identify_peaks(
                    each, truth.keypoints[rows[number], :width], identity
                )
            shares = pck_by_image(
                found, truth.keypoints[rows], labelled, sides, (self.alpha,)
            )
            right = _table(image, column, shares[:, 0] * counts, total.shape)
            one = np.ones((1, len(images)))
            scores |= {
                name: float(values[0])
                for name, values in self._named(identity, one, right, total).items()
            }
            draws |= self._named(identity, weights, right, total)
        if objects and all(each.get("links") is not None for each in objects):
            links = np.zeros((len(images), 2))
            for number, (each, row) in enumerate(zip(objects, rows, strict=True)):
                links[image[number]] += count_links(
                    each,
                    truth.keypoints[row],
                    truth.labelled[row],
                    float(sides[number]),
                    truth.links[int(truth.category_ids[row])],
                    self.alpha,
                )
            scores[LINKS] = float(_f1(np.ones((1, len(images))), links)[0])
            draws[LINKS] = _f1(weights, links)
        return Scored(
            scores=scores,
            draws=draws,
            counts={
                "num_images": len(image_ids),
                "num_objects": len(rows),
                "num_keypoints": int(counts.sum()),
            },
        )

    def _columns(self, truth: ObjectAnnotations, rows: np.ndarray) -> np.ndarray:
        """Number of each object's category among the classes."""
        numbers = truth.category_ids[rows].tolist()
        names = [truth.categories[number] for number in numbers]
        return np.array([self.classes.index(name) for name in names], dtype=np.int64)

    def _named(
        self, identity: str, weights: np.ndarray, right: np.ndarray, total: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Scores by name, from (B, I) how often each image stands, and (I, C) counts.

        Categories without any keypoint have no score.
        """
        hits, all_of = weights @ right, weights @ total
        with np.errstate(invalid="ignore"):
            each = 100 * hits / all_of
        named = {
            f"{identity}/{name}": each[:, number]
            for number, name in enumerate(self.classes)
            if total[:, number].any()
        }
        named[f"{identity}/mean"] = np.nanmean(each, axis=1)
        named[f"{identity}/keypoint_mean"] = 100 * hits.sum(1) / all_of.sum(1)
        return named


def _f1(weights: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(B,) percent of (B, I) how often each image stands; 0 without any link."""
    right, both = (weights @ counts).T
    return 200 * right / np.maximum(both, 1)


def _table(
    image: np.ndarray, column: np.ndarray, values: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """(I, C) sums of the objects' values."""
    table = np.zeros(shape)
    np.add.at(table, (image, column), values)
    return table


def _in_order(
    truth: ObjectAnnotations,
    predictions: Sequence[Mapping[str, Any]],
    rows: np.ndarray,
    image_ids: Sequence[int],
) -> list[Mapping[str, Any]]:
    """Predictions of the objects that count."""
    by_id = {found["id"]: found for found in predictions}
    wanted = truth.ids[rows].tolist()
    there = truth.ids[np.isin(truth.image_ids, list(image_ids))].tolist()
    missing, unknown = set(wanted) - set(by_id), set(by_id) - set(there)
    if missing or unknown or not wanted:
        raise DataError(
            "predictions of objects",
            expected="one for each annotated object of the images, and one at least",
            got=f"none for {sorted(missing)[:3]}, others for {sorted(unknown)[:3]}",
        )
    return [by_id[number] for number in wanted]
