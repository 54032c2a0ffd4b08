"""Oracle evidence: ground-truth maps in place of the network (GOG, Section 3).

What a codec can reach with a perfect network, which the paper calls the theoretical
upper bound. Annotations are encoded into maps as they would be at test size, optionally
degraded, decoded in full and mapped back. Codecs of one person get each person's crop.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from mmsia.bench.codec_adapters import Codec, adapter_of, output_stride
from mmsia.bench.degradation import NONE, Degradation
from mmsia.bench.person_crop import PersonCrop
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.errors import InputError
from mmsia.ops.letterbox import Letterbox, long_edge
from mmsia.workers import worker_pool

MIN_AREA = 1024.0
"""People of this many square pixels or fewer are not encoded (notes, section 4)."""

PERSON_CATEGORY = 1

Results = list[dict[str, Any]]


def predict_from_ground_truth(
    records: Sequence[ImageRecord],
    codec: Codec,
    *,
    degradation: Degradation = NONE,
    seed: int = 0,
    num_workers: int = 1,
    on_image: Callable[[], None] | None = None,
) -> Results:
    """Encode, degrade and decode the annotations of some images.

    The result does not depend on the number of workers.

    Args:
        records: Images with their people.
        codec: A codec that ``codec_adapters`` knows; the input size of one of several
            people is square, its edge is the test size that images are resized to.
        degradation: What is done to the perfect responses.
        seed: Of the degradation, together with the image's number.
        num_workers: Processes.
        on_image: Called after each image.

    Returns:
        COCO results in original image pixels, rounded to two decimals as the authors'.

    Raises:
        InputError: A codec that cannot be tested, or a keypoint that is not finite.
    """
    width, height = codec.input_size
    if adapter_of(codec).crowds and width != height:
        raise InputError(
            "codec of several people has no test size",
            expected="a square input_size, the long edge twice",
            got=str(codec.input_size),
        )
    predict = partial(
        _predict_image,
        codec=codec,
        degradation=degradation,
        seed=seed,
    )
    results: Results = []
    for found in _map(predict, records, num_workers):
        results.extend(found)
        if on_image is not None:
            on_image()
    return results


def _map(
    predict: Callable[[ImageRecord], Results],
    records: Sequence[ImageRecord],
    num_workers: int,
) -> Iterable[Results]:
    if num_workers <= 1 or len(records) < 2:
        yield from map(predict, records)
        return
    workers = min(num_workers, len(records), os.cpu_count() or 1)
    with worker_pool(workers, _use_one_thread) as pool:
        yield from pool.map(predict, records, chunksize=4)


def _use_one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _predict_image(
    record: ImageRecord,
    *,
    codec: Codec,
    degradation: Degradation,
    seed: int,
) -> Results:
    """COCO results of one image."""
    rng = np.random.default_rng((seed, record.image_id))
    encoded = record.areas > MIN_AREA
    people, boxes = record.keypoints[encoded], record.boxes[encoded]
    windows: list[tuple[Letterbox | PersonCrop, np.ndarray]]
    if adapter_of(codec).crowds:
        size = (record.width, record.height)
        windows = [(long_edge(size, codec.input_size[0]), people)]
    else:
        crops = (PersonCrop(tuple(box), codec.input_size) for box in boxes)
        windows = [
            (crop, person[None]) for crop, person in zip(crops, people, strict=True)
        ]
    results: Results = []
    for window, inside in windows:
        found = _decode_window(window, inside, codec, degradation, rng)
        results.extend(coco_result(record.image_id, *pose) for pose in found)
    return results


def _decode_window(
    window: Letterbox | PersonCrop,
    people: np.ndarray,
    codec: Codec,
    degradation: Degradation,
    rng: np.random.Generator,
) -> Iterable[tuple[np.ndarray, np.ndarray, float]]:
    """Poses (17, 2) in image pixels, responses (17,) and score of each person found.

    Args:
        window: Where the network's input lies in the image.
        people: (N, 17, 3) original image pixels and visibility.
        codec: The codec.
        degradation: What is done to the responses.
        rng: Source of its noise.
    """
    adapter = adapter_of(codec)
    outputs = adapter.encode(codec, window.to_input(people[..., :2]), people[..., 2])
    stride = output_stride(codec)
    outputs = tuple(
        degradation.apply(maps, stride, rng) if number < adapter.num_responses else maps
        for number, maps in enumerate(outputs)
    )
    keypoints, scores, totals = adapter.decode(codec, outputs)
    # MMPose's DARK divides by zero on an empty map: such a keypoint was not found
    lost = ~np.isfinite(keypoints).all(axis=-1)
    keypoints = np.where(lost[..., None], 0, keypoints)
    scores = np.where(lost, 0, scores)
    in_image = (window.to_image(pose.astype(np.float64)) for pose in keypoints)
    return zip(in_image, scores, totals, strict=True)


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
