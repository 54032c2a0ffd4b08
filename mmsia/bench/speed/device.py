"""The device at hand: what it is, how to wait for it, and how busy the machine is."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from mmsia.bench.provenance import environment

GPU, CPU = "cuda", "cpu"


def device_here() -> dict[str, str]:
    """Kind and name of what speeds are measured on: a GPU if there is one."""
    import torch

    if torch.cuda.is_available():
        return {"kind": GPU, "name": torch.cuda.get_device_name()}
    return {"kind": CPU, "name": environment()["machine"]}


def waiter(kind: str) -> Callable[[], None]:
    """What waits until all work on the device is done.

    Args:
        kind: `cuda` or `cpu`.
    """
    import torch

    return torch.cuda.synchronize if kind == GPU else _done


def _done() -> None:
    """The processor has done its work when a call returns."""


def versions(kind: str) -> dict[str, Any]:
    """What a speed depends on beside the device's name.

    Args:
        kind: `cuda` or `cpu`.
    """
    import torch
    import torchvision

    found: dict[str, Any] = {
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
    }
    if kind == GPU:
        found |= {
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "cudnn_benchmark": torch.backends.cudnn.benchmark,
            "cudnn_tf32": torch.backends.cudnn.allow_tf32,
        }
    return found


def load() -> float:
    """Processes that want a processor, in the mean over the last minute."""
    return round(os.getloadavg()[0], 2)
