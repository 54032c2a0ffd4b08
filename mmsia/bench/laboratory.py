"""The codec laboratory: how far each codec gets as its maps get worse.

GOG's Table 2 compares encodings and decoders through trained networks. With perfect
maps most of them are near one ceiling, and Gaussians favour a decoder that fits a
Gaussian (DARK): the curves over stated damage belong to the ceilings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mmsia.bench.codec_adapters import Codec
from mmsia.bench.degradation import KINDS, Degradation
from mmsia.bench.oracle import predict_from_ground_truth
from mmsia.datasets.coco_keypoints import CocoKeypoints
from mmsia.evaluation.keypoint_ap import evaluate_keypoints

LEVELS: Mapping[str, Sequence[float]] = {
    "gain": (0.1, 0.2, 0.4),
    "blur": (2.0, 4.0, 8.0),
    "noise": (0.01, 0.03, 0.1),
}
"""Damage beyond none: gain's standard deviation, blur in pixels, noise's deviation."""


@dataclass(frozen=True)
class CurvePoint:
    """What one codec reaches under one damage.

    Attributes:
        codec: Name of the codec.
        kind: Kind of damage; all kinds start from the same level 0.
        level: How much of it.
        ap: COCO AP in percent.
        ar: COCO AR in percent.
    """

    codec: str
    kind: str
    level: float
    ap: float
    ar: float


def degradation_curves(
    ground_truth: CocoKeypoints,
    codecs: Mapping[str, Codec],
    *,
    levels: Mapping[str, Sequence[float]] = LEVELS,
    seed: int = 0,
    num_workers: int = 1,
    on_point: Callable[[CurvePoint], None] | None = None,
) -> list[CurvePoint]:
    """Measure every codec without damage and at every level of every kind.

    All codecs see the same images; the noise differs with the shape of their maps.

    Args:
        ground_truth: Annotations; the images with annotated keypoints are used.
        codecs: Name -> codec, of one or of several people.
        levels: Kind of damage -> levels above 0.
        seed: Of the damage.
        num_workers: Processes.
        on_point: Called with each point as it is done.

    Returns:
        Points by codec, kind and level; level 0 is repeated for each kind.
    """
    records = ground_truth.annotated()
    image_ids = [record.image_id for record in records]
    points: list[CurvePoint] = []
    for name, codec in codecs.items():
        clean: tuple[float, float] | None = None
        for kind, level, damage in _damages(levels):
            scores = clean if level == 0 else None
            if scores is None:
                found = predict_from_ground_truth(
                    records,
                    codec,
                    degradation=damage,
                    seed=seed,
                    num_workers=num_workers,
                )
                result = evaluate_keypoints(ground_truth, found, image_ids)
                scores = (result.ap, result.ar)
            if level == 0:
                clean = scores
            points.append(CurvePoint(name, kind, level, *scores))
            if on_point is not None:
                on_point(points[-1])
    return points


def _damages(
    levels: Mapping[str, Sequence[float]],
) -> Iterator[tuple[str, float, Degradation]]:
    """Kind, level and damage of every point of a codec's curves."""
    for kind in KINDS:
        if kind in levels:
            for level in (0.0, *levels[kind]):
                yield kind, level, Degradation(**{kind: level})
