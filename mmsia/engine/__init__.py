"""Runner-side parts: hooks, checkpoints, and configs ready to run."""

from mmsia.engine.atomic_checkpoints import AtomicBackend, AtomicCheckpointHook
from mmsia.engine.best_weights import BestWeightsHook
from mmsia.engine.draws import DrawDataset, DrawSampler, EpochDrawSampler
from mmsia.engine.finite_losses import FiniteLossHook
from mmsia.engine.mean_losses import MeanLossHook
from mmsia.engine.memory_format import ChannelsLastHook
from mmsia.engine.plain_checkpoints import PlainCheckpointHook, install_safe_loading
from mmsia.engine.processor_amp import ProcessorAmpOptimWrapper
from mmsia.engine.several_processes import WholeBatchDataParallel
from mmsia.engine.start_weights import StartWeightsHook
from mmsia.engine.step_seeds import StepSeedHook
from mmsia.engine.variant_test_loop import VariantTestLoop

install_safe_loading()

__all__ = [
    "AtomicBackend",
    "AtomicCheckpointHook",
    "BestWeightsHook",
    "ChannelsLastHook",
    "DrawDataset",
    "DrawSampler",
    "EpochDrawSampler",
    "FiniteLossHook",
    "MeanLossHook",
    "PlainCheckpointHook",
    "ProcessorAmpOptimWrapper",
    "StartWeightsHook",
    "StepSeedHook",
    "VariantTestLoop",
    "WholeBatchDataParallel",
]
