"""Evaluate a checkpoint as one run of the engine: scores, intervals, predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmsia.bench.intervals import intervals_of
from mmsia.bench.measurement import Measurement, Progress, ignore_progress
from mmsia.bench.runner_process import (
    expect_group,
    images_of,
    load_config,
    naming_the_part,
    threads_of,
    without,
)
from mmsia.bench.scoring.choose import scoring_of
from mmsia.errors import ConfigError

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
    """Predict every test image, score the predictions and resample the test set.

    Args:
        request: Which weights, on what, where.

    Returns:
        Scores in percent; the predictions are those that the scoring needs.

    Raises:
        ConfigError: A config without a test set with annotations or with an evaluator
            that is not known, or several processes: an evaluation is made by one.
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
    annotations = _check_test_set(config)
    variants = (config.get("test_cfg") or {}).get("variants") or {}
    scope = config.get("default_scope")
    scoring, evaluator = scoring_of(config.get("test_evaluator"), variants, scope)
    # Before the network is made: wrong annotations should not cost a minute.
    truth = scoring.open(annotations)
    request.work_dir.mkdir(parents=True, exist_ok=True)
    written = scoring.keep(evaluator, request.work_dir / _RAW)
    config.test_evaluator = evaluator
    with threads_of(request.num_threads):
        image_ids = _predict(config, request)
    predictions = scoring.read(written)
    for path in written:
        path.unlink()
    scored = scoring.score(truth, predictions, image_ids, request.num_draws)
    return Measurement(
        scores=scored.scores,
        intervals=intervals_of(scored.draws),
        draws=scored.draws,
        counts=scored.counts,
        predictions=predictions,
        image_ids=tuple(image_ids),
        scoring=scoring.settings(),
    )


def _check_test_set(config: Any) -> Path:
    """The annotations of the test set, whose files are all there."""
    from mmsia.engine.data_check import check_data

    loader = config.get("test_dataloader")
    if loader is None or not loader.dataset.get("ann_file"):
        raise ConfigError(
            "the config has no test set with annotations",
            expected="test_dataloader.dataset.ann_file",
            got="none",
        )
    check_data(loader.dataset, "test_dataloader")
    return Path(loader.dataset.data_root) / loader.dataset.ann_file


def _predict(config: Any, request: EvaluateRequest) -> list[int]:
    """Have the predictions written; the images that were looked at."""
    from mmengine.runner import Runner

    from mmsia.engine.watching import ProgressHook
    from mmsia.engine.workers import watch_workers
    from mmsia.models.weights.loading import load_weights, read_checkpoint

    # Before the data sets are read: a wrong path should not cost a minute.
    read_checkpoint(request.checkpoint)
    without(config, "train", "val")
    watch_workers(config)
    # Loaded below, with every name checked.
    config.load_from, config.resume = None, False
    with naming_the_part("building the evaluation"):
        runner = Runner.from_cfg(config)
    runner.register_hook(ProgressHook(request.on_progress))
    load_weights(runner.model, request.checkpoint)
    with naming_the_part("the evaluation"):
        runner.test()
    return images_of(runner.test_dataloader.dataset)
