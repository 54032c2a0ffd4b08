"""What `mmsia benchmark --all` measures: a module a component."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence

from mmsia.bench.speed.record import Record, Setting

COMPONENTS = {
    "codecs": "targets and decoding beside MMPose's codecs",
    "operators": "each operator of ours beside a plain PyTorch version of it",
    "loading": "images from their files to the network beside MMPose's pipelines",
    "metrics": "PCK, AP and intervals beside MMPose, pycocotools and xtcocotools",
    "models": "networks beside MMPose's and torchvision's, with peak memory",
    "generation": "images that are made: how long one takes; it has no peer",
}
"""Component -> what it compares; modules `mmsia.bench.speed.<component>_cases`."""


def measure_components(names: Sequence[str], setting: Setting) -> Iterator[Record]:
    """Measure component by component; each record as soon as it is there.

    Args:
        names: Some of `COMPONENTS`.
        setting: How long and on how many threads.
    """
    import cv2
    import torch
    from mmengine.logging import MMLogger
    from mmengine.registry import init_default_scope

    import mmsia.all  # noqa: F401, registers all parts

    torch.set_num_threads(setting.threads)
    cv2.setNumThreads(setting.threads)
    init_default_scope("mmpose")
    # Networks would tell of every parameter how it starts.
    MMLogger.get_current_instance().setLevel("ERROR")
    for name in names:
        module = importlib.import_module(f"mmsia.bench.speed.{name}_cases")
        yield from module.measure_all(setting)
