"""Evaluate a checkpoint as one run of the engine: COCO AP, interval, predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmsia.bench.intervals import ap_draws, intervals_of
from mmsia.bench.measurement import Measurement, Progress, ignore_progress
from mmsia.bench.runner_process import (
    expect_group,
    load_config,
    naming_the_part,
    threads_of,
    without,
)
from mmsia.datasets.coco_keypoints import CocoKeypoints, load_coco_keypoints
from mmsia.errors import ConfigError
from mmsia.evaluation.keypoint_matches import match_keypoints
from mmsia.files import read_json

_RAW = ".predictions"


@dataclass(frozen=True)
class EvaluateRequest:
    """What an evaluation is given.

    Attributes:
        settings: The resolved config as plain values (`plain_config`).
        data_folder: Has `annotations/` and the folders of images; the config's own
            `data_root` if None.
        checkpoint: File of the weights.
        work_dir: The run's own folder, for logs.
        seed: Of everything random.
        num_draws: Draws of the bootstrap.
        num_workers: Processes that load data; the numbers do not depend on it.
        num_threads: Of torch.
        on_progress: Called with (done, total) batches.
    """

    settings: Mapping[str, Any]
    data_folder: Path | None
    checkpoint: Path
    work_dir: Path
    seed: int = 0
    num_draws: int = 1000
    num_workers: int = 0
    num_threads: int = 1
    on_progress: Progress = field(default=ignore_progress, compare=False)


def evaluate(request: EvaluateRequest) -> Measurement:
    """Predict every test image, score the predictions and resample the images.

    Args:
        request: Which weights, on what, where.

    Returns:
        Scores in percent; the predictions are COCO results, image by image.

    Raises:
        ConfigError: A config without a test set with annotations, or several processes:
            an evaluation is made by one.
        DataError: Missing data, or weights that are not the network's.
        TrainingError: Anything that the network raised.
    """
    expect_group(1, "an evaluation")
    overlay = {
        "data_folder": request.data_folder,
        "seed": request.seed,
        "num_workers": request.num_workers,
    }
    config = load_config(request.settings, overlay, request.work_dir)
    truth = _open_test_set(config)
    with threads_of(request.num_threads):
        predictions, image_ids = _predict(config, request)
    return _score(truth, predictions, image_ids, request)


def _score(
    truth: CocoKeypoints,
    predictions: list[dict[str, Any]],
    image_ids: list[int],
    request: EvaluateRequest,
) -> Measurement:
    matches = match_keypoints(truth, predictions, image_ids)
    draws = ap_draws(matches, request.num_draws)
    used = set(image_ids)
    people = [len(r.keypoints) for r in truth.images if r.image_id in used]
    return Measurement(
        scores=matches.scores.as_dict(),
        intervals=intervals_of(draws),
        draws=draws,
        counts={
            "num_images": len(image_ids),
            "num_people": sum(people),
            "num_poses": len(predictions),
        },
        predictions=predictions,
        image_ids=tuple(image_ids),
    )


def _open_test_set(config: Any) -> CocoKeypoints:
    from mmsia.engine.data_check import check_data

    loader = config.get("test_dataloader")
    if loader is None or not loader.dataset.get("ann_file"):
        raise ConfigError(
            "the config has no test set with annotations",
            expected="test_dataloader.dataset.ann_file",
            got="none",
        )
    check_data(loader.dataset, "test_dataloader")
    return load_coco_keypoints(Path(loader.dataset.data_root) / loader.dataset.ann_file)


def _predict(
    config: Any, request: EvaluateRequest
) -> tuple[list[dict[str, Any]], list[int]]:
    """COCO results, ordered by image, and the images that were looked at."""
    from mmengine.runner import Runner

    from mmsia.engine.watching import ProgressHook
    from mmsia.engine.workers import watch_workers
    from mmsia.models.weights.loading import load_weights, read_checkpoint

    # Before the data sets are read: a wrong path should not cost a minute.
    read_checkpoint(request.checkpoint)
    request.work_dir.mkdir(parents=True, exist_ok=True)
    raw = request.work_dir / _RAW
    without(config, "train", "val")
    watch_workers(config)
    # Loaded below, with every name checked.
    config.load_from, config.resume = None, False
    config.test_evaluator.update(format_only=True, outfile_prefix=str(raw))
    with naming_the_part("building the evaluation"):
        runner = Runner.from_cfg(config)
    runner.register_hook(ProgressHook(request.on_progress))
    load_weights(runner.model, request.checkpoint)
    with naming_the_part("the evaluation"):
        runner.test()
    written = raw.with_name(f"{raw.name}.keypoints.json")
    found = read_json(written)
    written.unlink()
    dataset = runner.test_dataloader.dataset
    ids = sorted({int(dataset.get_data_info(i)["img_id"]) for i in range(len(dataset))})
    return sorted(map(_as_result, found), key=_order), ids


def _as_result(person: Mapping[str, Any]) -> dict[str, Any]:
    """The part of CocoMetric's record that scores are computed from."""
    return {
        "image_id": int(person["image_id"]),
        "category_id": int(person["category_id"]),
        "keypoints": [float(number) for number in person["keypoints"]],
        "score": float(person["score"]),
    }


def _order(person: Mapping[str, Any]) -> tuple[int, float]:
    return person["image_id"], -person["score"]
