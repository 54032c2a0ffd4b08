"""Our metrics beside MMPose's, pycocotools and xtcocotools, on the same results.

Where both give the same number, they must agree, or the comparison is refused.
"""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from mmpose.evaluation.functional import keypoint_pck_accuracy
from mmpose.evaluation.metrics import PCKAccuracy

from mmsia.bench.speed.record import Case, Record, Setting, measure
from mmsia.bench.speed.scenes import simulated_scenes
from mmsia.datasets.coco_keypoints import CocoKeypoints, ImageRecord
from mmsia.errors import DataError
from mmsia.evaluation.bootstrap import draw_weights
from mmsia.evaluation.keypoint_ap import bootstrap_ap, evaluate_keypoints
from mmsia.evaluation.pck_metric import CropSidePCK
from mmsia.ops.pck import pck_by_image

COMPONENT = "metrics"
NUM_IMAGES, NUM_PEOPLE, NUM_HANDS, NUM_DRAWS = 60, 8, 500, 100
THRESHOLDS = (0.04, 0.06, 0.08, 0.1, 0.12)
_SIZE = 512


def measure_all(setting: Setting) -> Iterator[Record]:
    """Measure every metric.

    Args:
        setting: How long.
    """
    rng = np.random.default_rng(0)
    truth = _crowds()
    results = _predictions(truth, rng)
    for case in (*_pck(rng), _ap(truth, results), _interval(truth, results)):
        yield measure(case, setting)


def check_equal(what: str, ours: float, theirs: float) -> None:
    """Refuse metrics that give another number.

    Args:
        what: The metric.
        ours: Its number.
        theirs: The peer's.

    Raises:
        DataError: They differ by more than rounding.
    """
    if not abs(ours - theirs) <= 1e-6 * max(1.0, abs(theirs)):
        raise DataError(
            f"{what} and its peer disagree",
            expected=f"{theirs:.9g}",
            got=f"{ours:.9g}",
            remedy="Report it: speed is worth nothing before they agree",
        )


def _pck(rng: np.random.Generator) -> Iterator[Case]:
    """PCK of hands at five thresholds; MMPose's has one a call."""
    truth = rng.uniform(0, 256, (NUM_HANDS, 21, 2))
    found = truth + rng.normal(0, 12, truth.shape)
    labelled = rng.random((NUM_HANDS, 21)) < 0.9
    sides = np.full(NUM_HANDS, 256.0)
    norm = np.full((NUM_HANDS, 2), 256.0)

    def theirs() -> list[float]:
        return [
            keypoint_pck_accuracy(found, truth, labelled, thr, norm)[1]
            for thr in THRESHOLDS
        ]

    yield Case(
        COMPONENT,
        f"PCK of {NUM_HANDS} hands, {len(THRESHOLDS)} thresholds, arrays",
        {
            "mmsia pck_by_image": [
                partial(pck_by_image, found, truth, labelled, sides, THRESHOLDS)
            ],
            "MMPose keypoint_pck_accuracy": [theirs],
        },
    )
    samples = [
        _sample(number, *each)
        for number, each in enumerate(zip(found, truth, labelled, strict=True))
    ]
    yield Case(
        COMPONENT,
        f"PCK of {NUM_HANDS} hands, {len(THRESHOLDS)} thresholds, samples",
        {
            "mmsia CropSidePCK": [partial(_by_ours, samples)],
            "MMPose PCKAccuracy": [partial(_by_mmpose, samples)],
        },
    )


def _sample(
    number: int, found: np.ndarray, truth: np.ndarray, labelled: np.ndarray
) -> dict[str, Any]:
    return {
        "id": number,
        "img_id": number,
        "input_center": np.array([128.0, 128.0]),
        "input_scale": np.array([256.0, 256.0]),
        "pred_instances": {"keypoints": found[None]},
        "gt_instances": {
            "keypoints": truth[None],
            "keypoints_visible": labelled[None].astype(np.float32),
            "bboxes": np.array([[0.0, 0.0, 256.0, 256.0]]),
        },
    }


def _by_ours(samples: list[dict[str, Any]]) -> dict[str, float]:
    metric = CropSidePCK(
        thresholds=THRESHOLDS, mean_thresholds=THRESHOLDS, decoding="keypoints"
    )
    metric.process(None, samples)
    return metric.compute_metrics(metric.results)


def _by_mmpose(samples: list[dict[str, Any]]) -> list[dict[str, float]]:
    scores = []
    for thr in THRESHOLDS:
        metric = PCKAccuracy(thr=thr, norm_item="bbox", prefix="hands")
        metric.process(None, samples)
        scores.append(metric.compute_metrics(metric.results))
    return scores


def _crowds() -> CocoKeypoints:
    """Annotations of simulated people, as a checked COCO file would be read."""
    images, annotations, records = [], [], []
    scenes = simulated_scenes(NUM_PEOPLE, NUM_IMAGES, _SIZE)
    for number, scene in enumerate(scenes, start=1):
        images.append({"id": number, "width": _SIZE, "height": _SIZE})
        corners = scene.boxes.copy()
        corners[:, 2:] -= corners[:, :2]
        flags = np.where(scene.visible > 0, 2.0, 0.0)[..., None]
        keypoints = np.concatenate([scene.keypoints, flags], axis=-1)
        ids = np.arange(len(corners)) + number * 1000
        areas = corners[:, 2] * corners[:, 3] * 0.6
        records.append(
            ImageRecord(
                number, f"{number}.jpg", _SIZE, _SIZE, keypoints, corners, areas, ids
            )
        )
        annotations += [
            {
                "id": int(ids[k]),
                "image_id": number,
                "category_id": 1,
                "iscrowd": 0,
                "area": float(areas[k]),
                "bbox": corners[k].tolist(),
                "keypoints": keypoints[k].reshape(-1).tolist(),
                "num_keypoints": int((flags[k] > 0).sum()),
            }
            for k in range(len(corners))
        ]
    categories = [{"id": 1, "name": "person"}]
    dataset = {"images": images, "annotations": annotations, "categories": categories}
    return CocoKeypoints(Path("simulated"), "", tuple(records), dataset)


def _predictions(
    truth: CocoKeypoints, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """People who are nearly where they are, and with them some who are not there."""
    results = []
    for record in truth.images:
        for person in record.keypoints:
            for noise in (6.0, 60.0):
                keypoints = person.copy()
                keypoints[:, :2] += rng.normal(0, noise, (17, 2))
                results.append(
                    {
                        "image_id": record.image_id,
                        "category_id": 1,
                        "keypoints": keypoints.reshape(-1).tolist(),
                        "score": float(rng.random() + 3 / noise),
                    }
                )
    return results


def _evaluator(
    module: Any, truth: CocoKeypoints, results: list[dict[str, Any]]
) -> tuple[Any, Any, Any]:
    """A peer's COCO and its results, read anew as in any evaluation."""
    from importlib import import_module

    coco = import_module(f"{module}.coco").COCO()
    coco.dataset = copy.deepcopy(truth.dataset)
    coco.createIndex()
    found = coco.loadRes(copy.deepcopy(results))
    return coco, import_module(f"{module}.cocoeval").COCOeval, found


def _by_coco(
    module: str, truth: CocoKeypoints, results: list[dict[str, Any]], draws: int = 0
) -> list[float]:
    """AP by a peer; with draws, of as many resampled sets of images."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco, kind, found = _evaluator(module, truth, results)
        evaluation = kind(coco, found, "keypoints")
        evaluation.evaluate()
        if not draws:
            evaluation.accumulate()
            evaluation.summarize()
            return [100 * float(evaluation.stats[0])]
        return _resampled(evaluation, draws)


def _resampled(evaluation: Any, draws: int) -> list[float]:
    """The usual bootstrap: COCO's accumulation on images that stand repeatedly."""
    images, areas = len(evaluation.params.imgIds), len(evaluation.params.areaRng)
    matched = np.array(evaluation.evalImgs, dtype=object).reshape(areas, images)
    scores = []
    for weights in draw_weights(images, draws, 0):
        drawn = np.repeat(np.arange(images), weights)
        evaluation.evalImgs = list(matched[:, drawn].reshape(-1))
        evaluation.accumulate()
        precision = evaluation.eval["precision"][:, :, 0, 0, -1]
        scores.append(100 * float(precision.mean()))
    return scores


def _peers(run: Callable[[str], Callable[[], object]]) -> dict[str, Any]:
    return {name: [run(name)] for name in ("pycocotools", "xtcocotools")}


def _ap(truth: CocoKeypoints, results: list[dict[str, Any]]) -> Case:
    """COCO's keypoint AP from the annotations and results."""

    def run(module: str) -> Callable[[], object]:
        return partial(_by_coco, module, truth, results)

    ours = partial(evaluate_keypoints, truth, results)
    check_equal("AP", ours().ap, _by_coco("pycocotools", truth, results)[0])
    people = NUM_IMAGES * NUM_PEOPLE
    return Case(
        COMPONENT,
        f"COCO AP, {NUM_IMAGES} images, {people} people, {2 * people} results",
        {"mmsia evaluate_keypoints": [ours], **_peers(run)},
    )


def _interval(truth: CocoKeypoints, results: list[dict[str, Any]]) -> Case:
    """The bootstrap interval of AP, matching included."""

    def run(module: str) -> Callable[[], object]:
        return partial(_by_coco, module, truth, results, NUM_DRAWS)

    ours = partial(bootstrap_ap, truth, results, num_draws=NUM_DRAWS)
    theirs = np.percentile(
        _by_coco("pycocotools", truth, results, NUM_DRAWS), [2.5, 97.5]
    )
    for mine, other in zip(ours(), theirs, strict=True):
        check_equal("bootstrap of AP", mine, float(other))
    return Case(
        COMPONENT,
        f"interval of AP, {NUM_IMAGES} images, {NUM_DRAWS} draws",
        {"mmsia bootstrap_ap": [ours], **_peers(run)},
    )
