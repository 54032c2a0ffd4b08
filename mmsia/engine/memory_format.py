"""Convolutions that keep an image's channels beside each other in memory."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Puts the weights of a model's convolutions into channels-last format.

    Maps take it over from the first convolution on. Results are the same up to the
    order of sums; docs/speed.md has what it was worth where.
    """

    # Before anything is moved to several devices or compiled.
    priority = "HIGHEST"

    def before_run(self, runner: Any) -> None:
        """Change the model.

        Args:
            runner: The runner.
        """
        runner.model.to(memory_format=torch.channels_last)
