"""Parameters and multiply-adds of a config's network, counted without running it.

Tensors lie on torch's meta device: shapes without numbers, so that the paper's own
network is counted in seconds on any machine, whatever the scale. "FLOPs" of a table
are multiply-adds, as is usual in this field; biases, normalisation, activations and
resizing are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmsia.bench.measurement import Measurement, Request
from mmsia.errors import ConfigError, TrainingError


@dataclass(frozen=True)
class Structure:
    """What was counted.

    Attributes:
        num_parameters: All of them, trained or not.
        num_multiply_adds: Of one forward pass of one image.
        input_size: (w, h) of that image.
        parts: Part of the network -> its parameters.
    """

    num_parameters: int
    num_multiply_adds: int
    input_size: tuple[int, int]
    parts: Mapping[str, int]


def measure_structure(request: Request) -> Measurement:
    """Count the network of a config as a run of the engine.

    Args:
        request: Settings are `config`, relative to the project's root, and, where
            sizes are compared, `references`: name -> number of parameters or such
            settings of another config. Each gives `size_vs_NAME` and
            `size_increase_vs_NAME`, percent.
    """
    from mmsia.paths import project_root

    root = project_root()
    found = count_structure(root / request.settings["config"])
    scores = {
        "params_m": found.num_parameters / 1e6,
        # Some tables print "M" for 2^20.
        "params_mi": found.num_parameters / 2**20,
        "gmacs": found.num_multiply_adds / 1e9,
    }
    for name, other in request.settings.get("references", {}).items():
        reference = other if isinstance(other, int) else root / other["config"]
        percent = relative_size(found, reference)
        scores[f"size_vs_{name}"] = percent
        scores[f"size_increase_vs_{name}"] = percent - 100.0
    return Measurement(
        scores=scores,
        intervals={},
        counts={
            "num_parameters": found.num_parameters,
            "num_multiply_adds": found.num_multiply_adds,
            "input_width": found.input_size[0],
            "input_height": found.input_size[1],
        },
    )


def relative_size(found: Structure, reference: Path | int) -> float:
    """Parameters of a network in percent of those of another.

    Args:
        found: The network.
        reference: Config of the other, or its number of parameters.

    Raises:
        ConfigError: A reference without parameters, or as `count_structure`.
        TrainingError: As `count_structure`.
    """
    if isinstance(reference, Path):
        number = count_structure(reference).num_parameters
    else:
        number = reference
    if number < 1:
        raise ConfigError(
            "sizes cannot be compared",
            expected="a reference with at least one parameter",
            got=f"{reference} with {number}",
        )
    return 100.0 * found.num_parameters / number


def count_structure(
    config: Path, input_size: tuple[int, int] | None = None
) -> Structure:
    """Count the network of a config file.

    Args:
        config: Path of the file.
        input_size: (w, h); default what the config tests at.

    Raises:
        ConfigError: If it does not parse, names no model or no input size.
        TrainingError: If the network cannot be built or run on the meta device.
    """
    from mmsia.engine.run_config import load_run_config

    loaded = load_run_config(config)
    size = input_size or _input_size(loaded, config)
    try:
        return _count(loaded, size)
    # A network raises what it likes.
    except Exception as error:
        raise TrainingError(
            f"the network of {config} cannot be counted",
            got=f"{type(error).__name__}: {error}",
            remedy="It must build, and take an image of "
            f"{size[0]} x {size[1]}; --input-size W H gives another",
        ) from error


def _input_size(config: Any, path: Path) -> tuple[int, int]:
    """What the config tests at: its long edge, or its codec's input."""
    if isinstance(edge := config.get("long_edge"), int):
        return edge, edge
    size = (config.get("codec") or {}).get("input_size")
    if size is None:
        raise ConfigError(
            f"the config {path}",
            expected="long_edge or codec.input_size at its top level",
            got="neither",
            remedy="--input-size W H says what to count at",
        )
    return int(size[0]), int(size[1])


def _count(config: Any, size: tuple[int, int]) -> Structure:
    import torch
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS
    from torch.fx.experimental import _config as meta_config
    from torch.utils.flop_counter import FlopCounterMode

    init_default_scope("mmpose")
    with torch.device("meta"):
        model = MODELS.build(_without_files(config.model)).eval()
        image = torch.empty(1, 3, size[1], size[0])
    # A parametrised layer may make tensors of its own on the default device.
    with (
        torch.device("meta"),
        torch.no_grad(),
        # Boxes without numbers go to all levels that they could be read from.
        meta_config.patch(  # type: ignore[attr-defined]
            meta_nonzero_assume_all_nonzero=True
        ),
        FlopCounterMode(display=False) as counter,
    ):
        model(image, None, mode="tensor")
    parts = {
        name: sum(p.numel() for p in part.parameters())
        for name, part in model.named_children()
    }
    return Structure(
        num_parameters=sum(p.numel() for p in model.parameters()),
        num_multiply_adds=counter.get_total_flops() // 2,
        input_size=size,
        parts={name: number for name, number in parts.items() if number},
    )


def _without_files(model: Any) -> Any:
    """The model's config without weights to load: only its shapes count."""
    if isinstance(model, dict):
        dropped = ("init_cfg", "pretrained")
        kept = {k: _without_files(v) for k, v in model.items() if k not in dropped}
        return type(model)(kept)
    if isinstance(model, list | tuple):
        return type(model)(_without_files(item) for item in model)
    return model
