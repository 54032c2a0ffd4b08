"""A folder of street images and small networks, made once for all tests of speed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import mmsia.all  # noqa: F401, registers every part
from mmsia.bench.speed.entrants import Entrant, open_entrant
from mmsia.bench.speed.street_images import write_images


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("street")
    write_images(folder, 0)
    return folder


@pytest.fixture(scope="session")
def small(street: Path) -> Callable[..., Entrant]:
    """A row's network, narrower and on smaller images."""

    def make(config: str, size: int = 192, **overlay: object) -> Entrant:
        torch.set_num_threads(1)
        row = {"config": config, "overlay": {"input_size": size, **overlay}}
        return open_entrant("row", row, street, "cpu", 0)

    return make


@pytest.fixture(scope="session")
def narrow() -> dict[str, object]:
    """Replacements that make CGANet an eighth as wide."""
    return {
        "backbone.width": 8,
        "head.in_channels": 12,
        "head.channels": 8,
        "roi_head.in_channels": [12, 22, 32],
        "roi_head.channels": 16,
    }


@pytest.fixture(scope="session")
def tiny_fpn() -> dict[str, object]:
    """An overlay that makes Mask R-CNN small."""
    return {
        "backbone": {
            "type": "ResNet",
            "depth": 18,
            "base_channels": 8,
            "stem_channels": 8,
            "out_indices": [0, 1, 2, 3],
        },
        "replace": {
            "neck": {
                "type": "FPN",
                "in_channels": [8, 16, 32, 64],
                "out_channels": 16,
                "num_outs": 5,
            },
            "head.in_channels": 16,
            "head.layers": [16],
        },
    }


@pytest.fixture(scope="session")
def hourglass() -> dict[str, object]:
    """An overlay that makes Hourglass-104 small."""
    return {
        "backbone": {
            "type": "NarrowHourglassNet",
            "downsample_times": 2,
            "num_stacks": 2,
            "stage_channels": [16, 24, 32],
            "stage_blocks": [1, 1, 1],
            "feat_channel": 16,
        }
    }
