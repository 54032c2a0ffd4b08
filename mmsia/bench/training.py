"""Train a network as one run of the engine: resumable, and the same each time.

The same request in the same folder goes on after a kill, and returns what is there
when it is finished. On one machine and with one number of threads, weights are equal to
the bit, however often the training was killed and whatever the number of workers.

Under a process group, every process calls `train` with the same request: they share
each batch (`engine.several_processes`), and the first one alone writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mmsia.bench.measurement import Progress, ignore_progress
from mmsia.bench.runner_process import (
    expect_group,
    images_of,
    load_config,
    naming_the_part,
    threads_of,
    without,
)
from mmsia.bench.selection import Selected, Selection
from mmsia.bench.training_record import (
    CurvePoint,
    TrainResult,
    claim_folder,
    keep_result,
    load_result,
    read_curve,
)
from mmsia.errors import TrainingError
from mmsia.files import sha256_file, write_parts_atomic

__all__ = ["CurvePoint", "TrainRequest", "TrainResult", "train"]

WEIGHTS = "weights.pth"
"""The weights that count, alone: the same training gives the same bytes."""


@dataclass(frozen=True)
class TrainRequest:
    """What a training is given.

    Attributes:
        settings: The resolved config as plain values (`plain_config`).
        data_folder: Has `annotations/` and the folders of images; the config's own
            `data_root` if None.
        work_dir: The run's own folder, for checkpoints and logs.
        seed: Of everything random.
        num_workers: Processes that load data for each one that trains; the weights do
            not depend on it.
        num_threads: Of torch; the weights depend on it.
        processes: That share the training; the weights depend on it.
        init_checkpoint: File of weights to start from.
        selection: What the best weights are told by (`bench.selection.selection_of`);
            None: the last step's count.
        checkpoint_interval: Steps (epochs) between checkpoints; the config's if None.
        on_progress: Called with (done, total) steps.
    """

    settings: Mapping[str, Any]
    data_folder: Path | None
    work_dir: Path
    seed: int
    num_workers: int = 0
    num_threads: int = 1
    processes: int = 1
    init_checkpoint: Path | None = None
    selection: Selection | None = None
    checkpoint_interval: int | None = None
    on_progress: Progress = field(default=ignore_progress, compare=False)

    def identity(self) -> dict[str, Any]:
        """Everything that the weights depend on, as plain values."""
        start = self.init_checkpoint
        more: dict[str, Any] = {}
        if self.processes > 1:
            more["processes"] = self.processes
        if self.selection is not None:
            more["selection"] = asdict(self.selection)
        return {
            "settings": dict(self.settings),
            "seed": self.seed,
            "num_threads": self.num_threads,
            "init_sha256": None if start is None else sha256_file(start),
            **more,
        }


def train(request: TrainRequest) -> TrainResult:
    """Train, go on with a training that was killed, or return a finished one.

    Args:
        request: What to train, on what, where.

    Raises:
        ConfigError: A config or folder that does not fit.
        DataError: Missing data or unusable weights.
        TrainingError: A loss, or a score that weights are selected by, that is not
            finite, or anything that the network raised.
    """
    expect_group(request.processes, "a training")
    from mmsia.engine.plain_checkpoints import safe_checkpoint_loading
    from mmsia.engine.several_processes import on_first

    finished = on_first(lambda: _look_up(request))
    if finished is not None:
        return finished
    config = _make_config(request)
    with threads_of(request.num_threads), safe_checkpoint_loading():
        runner = _make_runner(config, request)
        with naming_the_part("the training", runner):
            runner.train()
        return on_first(lambda: _finish(runner, request))


def _look_up(request: TrainRequest) -> TrainResult | None:
    claim_folder(request.work_dir, request.identity())
    return load_result(request.work_dir)


def _make_config(request: TrainRequest) -> Any:
    from mmsia.engine.data_apart import check_apart
    from mmsia.engine.data_check import check_data
    from mmsia.engine.resumable import add_hooks, make_resumable
    from mmsia.engine.several_processes import deal_out

    overlay = {
        "data_folder": request.data_folder,
        "seed": request.seed,
        "num_workers": request.num_workers,
    }
    config = load_config(request.settings, overlay, request.work_dir)
    check_data(config.train_dataloader.dataset, "train_dataloader")
    if request.selection is None:
        without(config, "val")
    else:
        check_data(config.val_dataloader.dataset, "val_dataloader")
        check_apart(config.val_dataloader.dataset, config.test_dataloader.dataset)
        hook = {"type": "BestWeightsHook", **asdict(request.selection)}
        add_hooks(config, hook)
    without(config, "test")
    make_resumable(config)
    if request.processes > 1:
        deal_out(config, request.processes)
    checkpoint = config.default_hooks.checkpoint
    # MMEngine's own choice would not outlive a kill between checkpoint and validation.
    checkpoint.pop("save_best", None)
    checkpoint.pop("rule", None)
    if request.checkpoint_interval is not None:
        checkpoint.interval = request.checkpoint_interval
    config.resume, config.load_from = True, None
    if request.init_checkpoint is not None:
        add_hooks(
            config, {"type": "StartWeightsHook", "path": str(request.init_checkpoint)}
        )
    return config


def _make_runner(config: Any, request: TrainRequest) -> Any:
    from mmengine.runner import Runner

    from mmsia.engine.several_processes import check_epoch
    from mmsia.engine.watching import ProgressHook

    with naming_the_part("building the training"):
        runner = Runner.from_cfg(config)
        runner.register_hook(ProgressHook(request.on_progress))
        if request.processes > 1:
            check_epoch(runner.train_dataloader, request.processes)
    return runner


def _finish(runner: Any, request: TrainRequest) -> TrainResult:
    work_dir = request.work_dir
    checkpoint = runner.message_hub.get_info("last_ckpt")
    if checkpoint is None or not Path(checkpoint).is_file():
        raise TrainingError(
            f"the training in {work_dir} left no checkpoint",
            step=runner.iter,
            expected="one of its last step",
            got=f"{checkpoint}",
        )
    selected, chosen = _choice(runner, request.selection)
    weights = work_dir / WEIGHTS
    write_parts_atomic(weights, _weights_alone(runner, chosen))
    curve, seconds = read_curve(runner.message_hub)
    result = TrainResult(
        checkpoint=Path(checkpoint),
        weights=weights,
        digest=sha256_file(weights),
        num_steps=int(runner.iter),
        curve=curve,
        seconds=seconds,
        selected=selected,
    )
    keep_result(work_dir, result)
    return result


def _choice(
    runner: Any, selection: Selection | None
) -> tuple[Selected | None, Mapping[str, Any]]:
    """Which weights were chosen, and these; nothing where the last step's count."""
    if selection is None:
        return None, {}
    from mmsia.engine.best_weights import BestWeightsHook
    from mmsia.engine.resumable import by_epoch

    (hook,) = (h for h in runner.hooks if isinstance(h, BestWeightsHook))
    step = hook.best
    if step is None:
        raise TrainingError(
            "there is nothing to choose the best weights by",
            step=runner.iter,
            expected=f"validations that give {selection.score!r}",
            got="none in the whole training",
            remedy="Look at val_begin and val_interval of train_cfg.",
        )
    selected = Selected(
        score=selection.score,
        rule=selection.rule,
        value=hook.scores[step],
        step=step,
        epoch=hook.epochs[step] if by_epoch(runner.cfg) else None,
        num_validations=len(hook.scores),
        num_images=len(images_of(runner.val_dataloader.dataset)),
    )
    return selected, hook.weights


def _weights_alone(runner: Any, chosen: Mapping[str, Any]) -> Any:
    """The parts of a file that holds the weights and nothing that changes.

    Those that were chosen take the place of the last step's.
    """
    import io

    import torch
    from mmengine.model import is_model_wrapper
    from mmengine.runner import weights_to_cpu

    from mmsia.engine.sealed_files import seal

    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    state = model.state_dict()
    for name in chosen:
        state[name] = chosen[name]
    buffer = io.BytesIO()
    torch.save({"state_dict": weights_to_cpu(state)}, buffer)
    return seal(buffer.getvalue())
