"""Runner-side parts: hooks, checkpoints, and configs ready to run."""

from mmsia.engine.plain_checkpoints import PlainCheckpointHook
from mmsia.engine.start_weights import StartWeightsHook

__all__ = ["PlainCheckpointHook", "StartWeightsHook"]
