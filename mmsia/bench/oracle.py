"""Oracle evidence: ground-truth maps in place of the network (GOG, Section 3).

What a codec can reach with a perfect network, which the paper calls the theoretical
upper bound. Each image's annotations are encoded into maps as they would be for
training at test size, optionally degraded, decoded in full and mapped back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np

from mmsia.bench.degradation import NONE, Degradation
from mmsia.bench.ideal_outputs import Codec, ideal_outputs
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.ops.letterbox import long_edge as letterbox_long_edge

MIN_AREA = 1024.0
"""Persons of this many square pixels or fewer are not encoded (notes, section 4)."""

PERSON_CATEGORY = 1


def predict_from_ground_truth(
    records: Sequence[ImageRecord],
    codec: Codec,
    *,
    long_edge: int = 640,
    degradation: Degradation = NONE,
    seed: int = 0,
    num_workers: int = 1,
    on_image: Callable[[], None] | None = None,
) -> list[dict[str, Any]]:
    """Encode, degrade and decode the annotations of some images.

    The result does not depend on the number of workers.

    Args:
        records: Images with their people.
        codec: A codec of several people, of input size (long_edge, long_edge).
        long_edge: Test size L in pixels.
        degradation: What is done to the perfect maps.
        seed: Of the degradation, together with the image's number.
        num_workers: Processes.
        on_image: Called after each image.

    Returns:
        COCO results in original image pixels, rounded to two decimals as the authors'.

    Raises:
        InputError: If the codec's maps do not fit it, or a keypoint is not finite.
    """
    predict = partial(
        _predict_image,
        codec=codec,
        long_edge=long_edge,
        degradation=degradation,
        seed=seed,
    )
    results: list[dict[str, Any]] = []
    for found in _map(predict, records, num_workers):
        results.extend(found)
        if on_image is not None:
            on_image()
    return results


def _map(
    predict: Callable[[ImageRecord], list[dict[str, Any]]],
    records: Sequence[ImageRecord],
    num_workers: int,
) -> Iterable[list[dict[str, Any]]]:
    if num_workers <= 1:
        yield from map(predict, records)
        return
    # spawned, not forked: OpenCV's and torch's threads do not survive a fork
    with ProcessPoolExecutor(num_workers, get_context("spawn")) as pool:
        yield from pool.map(predict, records, chunksize=4)


def _predict_image(
    record: ImageRecord,
    *,
    codec: Codec,
    long_edge: int,
    degradation: Degradation,
    seed: int,
) -> list[dict[str, Any]]:
    """COCO results of one image."""
    box = letterbox_long_edge((record.width, record.height), long_edge)
    encoded_people = record.areas > MIN_AREA
    people = record.keypoints[encoded_people]
    visible = people[..., 2] * (people[..., 2] > 0)
    rng = np.random.default_rng((seed, record.image_id))
    maps = ideal_outputs(codec, box.to_input(people[..., :2]), visible)
    maps = degradation.apply(maps, codec, rng)
    keypoints, scores, instance_scores = codec.batch_decode(*(m[None] for m in maps))
    found = zip(keypoints[0], scores[0], instance_scores[0], strict=True)
    return [
        coco_result(
            record.image_id, box.to_image(pose.astype(np.float64)), score, total
        )
        for pose, score, total in found
    ]


def coco_result(
    image_id: int, keypoints: np.ndarray, scores: np.ndarray, instance_score: float
) -> dict[str, Any]:
    """One person in COCO's result format.

    Args:
        image_id: COCO's number of the image.
        keypoints: (17, 2) original image pixels.
        scores: (17,) responses, 0 where missing.
        instance_score: Score to rank by.
    """
    triplets = np.concatenate((np.round(keypoints, 2), scores[:, None]), axis=1)
    return {
        "image_id": image_id,
        "category_id": PERSON_CATEGORY,
        "keypoints": triplets.ravel().tolist(),
        "score": float(instance_score),
    }
