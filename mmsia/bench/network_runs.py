"""Trainings and evaluations as measurements of the engine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmsia.bench.inference import EvaluateRequest, evaluate
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.selection import Selection
from mmsia.bench.training import TrainRequest, train
from mmsia.bench.weights import Weights
from mmsia.errors import ConfigError
from mmsia.paths import project_root


def measure_training(request: Request) -> Measurement:
    """Train the network of a config; goes on where a killed one stopped.

    All processes of a group train together: who starts them checks their number.

    Args:
        request: Settings are `config`, at most scales `overlay`, and, where the best
            weights count, `selection`.

    Returns:
        The losses as curves, and the weights.
    """
    from mmengine.dist import get_world_size

    folder = _folder(request)
    chosen_by = request.settings.get("selection")
    trained = train(
        TrainRequest(
            settings=training_settings(request.settings),
            data_folder=request.data.folder,
            work_dir=folder,
            seed=request.seed,
            num_workers=request.num_workers,
            num_threads=request.threads or 1,
            processes=get_world_size(),
            init_checkpoint=request.weights,
            selection=None if chosen_by is None else Selection(**chosen_by),
            on_progress=request.on_progress,
        )
    )
    return Measurement(
        scores={},
        intervals={},
        counts={"num_steps": trained.num_steps},
        curves=tuple({"step": p.step, **p.losses} for p in trained.curve),
        weights=Weights.of(trained.weights, folder),
        selected=None if trained.selected is None else asdict(trained.selected),
    )


def measure_inference(request: Request) -> Measurement:
    """Score the weights of a training with a row's decoder and test size.

    Args:
        request: Settings are `config` and, at most scales, `overlay`; with weights.

    Raises:
        ConfigError: No weights.
    """
    if request.weights is None:
        raise ConfigError("evaluation of a network", expected="its weights", got="none")
    return evaluate(
        EvaluateRequest(
            settings=network_settings(request.settings),
            data_folder=request.data.folder,
            checkpoint=request.weights,
            work_dir=_folder(request),
            seed=request.seed,
            num_draws=request.num_draws,
            num_workers=request.num_workers,
            num_threads=request.threads or 1,
            on_progress=request.on_progress,
        )
    )


def network_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The resolved config that a run's settings stand for.

    Args:
        settings: `config`, relative to the project's root, and `overlay`.
    """
    from mmsia.engine.overlay import apply_overlay, plain_config
    from mmsia.engine.run_config import load_run_config

    config = load_run_config(project_root() / settings["config"])
    # Both are chosen anew for each run, and its weights do not depend on them.
    config.pop("work_dir")
    config.pop("experiment_name")
    return plain_config(apply_overlay(config, settings.get("overlay") or {}))


def training_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The resolved config with the batch that its learning rate is meant for.

    A config names the batch of one GPU and, as MMPose's do, that of all of them in
    `auto_scale_lr`. The engine's batch is that of all; a scale's own comes first.

    Args:
        settings: `config`, relative to the project's root, and `overlay`.
    """
    resolved = network_settings(settings)
    whole = (resolved.get("auto_scale_lr") or {}).get("base_batch_size")
    if whole is not None and "batch_size" not in (settings.get("overlay") or {}):
        loader = {**resolved["train_dataloader"], "batch_size": whole}
        resolved = {**resolved, "train_dataloader": loader}
    return resolved


def _folder(request: Request) -> Path:
    if request.folder is None:
        raise ConfigError(
            "a training or evaluation", expected="a folder of its own", got="none"
        )
    return request.folder
