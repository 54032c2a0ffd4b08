"""One of two processes that train together on the CPU; may end without a word.

Arguments: data folder, work folder, and the step after which both end.
"""

from __future__ import annotations

import os
import sys

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import distributed

from mmsia.engine.overlay import apply_overlay
from mmsia.engine.resumable import make_resumable
from mmsia.engine.run_config import load_run_config
from mmsia.paths import project_root

NUM_STEPS = 8
BACKBONE = {
    "type": "NarrowHourglassNet",
    "downsample_times": 2,
    "num_stacks": 1,
    "stage_channels": [8, 8, 8],
    "stage_blocks": [1, 1, 1],
    "feat_channel": 8,
}


class EndHook(Hook):
    """Ends the process as a kill does: nothing is cleared up."""

    priority = "LOWEST"

    def __init__(self, step: int) -> None:
        self.step = step

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        """End after the step."""
        if runner.iter + 1 == self.step:
            os._exit(0)


def make_config(data: str, work: str):
    """GOG at its smallest, wrapped for two processes without GPUs."""
    config = load_run_config(project_root() / "configs/gog/gog_tiny.py")
    overlay = {"num_steps": NUM_STEPS, "batch_size": 2, "input_size": 128, "seed": 3}
    overlay |= {"backbone": BACKBONE, "num_workers": 0, "data_folder": data}
    config = apply_overlay(config, overlay)
    for split in ("val", "test"):
        for part in ("dataloader", "cfg", "evaluator"):
            config.pop(f"{split}_{part}", None)
    for name in ("save_best", "rule"):
        config.default_hooks.checkpoint.pop(name, None)
    config.default_hooks.checkpoint.interval = NUM_STEPS // 2
    make_resumable(config)
    config.work_dir, config.resume, config.launcher = work, True, "pytorch"
    config.model_wrapper_cfg = {
        "type": "MMDistributedDataParallel",
        "device_ids": None,
        "broadcast_buffers": False,
        "find_unused_parameters": True,
    }
    return config


def main(data: str, work: str, last_step: int) -> None:
    """Train, or end after a step."""
    torch.set_num_threads(1)
    # Before the runner, which would ask for a GPU.
    distributed.init_process_group("gloo")
    runner = Runner.from_cfg(make_config(data, work))
    if last_step < NUM_STEPS:
        runner.register_hook(EndHook(last_step))
    runner.train()
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
