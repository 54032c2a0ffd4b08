"""Start a training from given weights."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS

from mmsia.models.weights.loading import load_weights


@HOOKS.register_module()
class StartWeightsHook(Hook):
    """Loads weights of ours, of CenterNet or of GOG's release before the first step.

    The backbone's weights are enough: GOG, Section 3, fine-tunes from CenterNet's
    Hourglass-104, and R-SiaPose adds a rotation network to a trained SiaPose. Parts
    that are not in the file keep their initialisation. A training that is resumed
    keeps its own weights.

    Args:
        path: File of weights.
        trust: Whether a file that holds more than weights may be read all the same,
            which runs code from it.
    """

    def __init__(self, path: str, trust: bool = False) -> None:
        self.path = path
        self.trust = trust

    def before_train(self, runner: Any) -> None:
        """Load the weights unless training goes on from a checkpoint.

        Args:
            runner: The runner that is about to train.
        """
        if runner.iter > 0:
            return
        wrapped = is_model_wrapper(runner.model)
        model = runner.model.module if wrapped else runner.model
        load_weights(model, self.path, trust=self.trust, start=True)
