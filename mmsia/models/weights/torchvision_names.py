"""Names of torchvision's ResNet, ResNeXt and VGG in MMPose's backbones.

MMPose's ResNet and ResNeXt have torchvision's names, so that an `init_cfg` of
`torchvision://` finds them. Its VGG has not: there a number counts a convolution with
its norm and ReLU as one, in torchvision each on its own, and `torchvision://vgg19`
loads nothing without a word. Classifiers' last layers are not needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mmsia.models.weights.rules import DROPPED, Rules, places

_RESNET: Rules = ((r"^((conv|bn)1\.|layer[1-4]\.)", r"backbone.\1"),)
_CLASSIFIER = r"^(fc|classifier)\."
_VGG = re.compile(r"^features\.(\d+)\.(\w+)$")


def torchvision_places(state: Mapping[str, Any]) -> dict[str, str | None]:
    """Where torchvision's weights belong, as `rules.places`.

    Args:
        state: Their names and tensors.
    """
    if not any(_VGG.match(name) for name in state):
        return places(state, _RESNET, _CLASSIFIER)
    found = places(state, (), _CLASSIFIER)
    layers = _vgg_layers(state)
    for name, ours in found.items():
        match = _VGG.match(name)
        if ours != DROPPED and match and int(match.group(1)) in layers:
            number, part = layers[int(match.group(1))]
            found[name] = f"backbone.features.{number}.{part}.{match.group(2)}"
    return found


def fit_trunk(
    state: Mapping[str, Any], wanted: Iterable[str]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Fit a classifier's layers to a backbone that may be a part of it.

    Args:
        state: Our name -> tensor, as `torchvision_places` has it.
        wanted: Names of the model.

    Returns:
        The weights, below `backbone.trunk.` where the model has one, and the names of
        those that lie behind its last layer of a VGG. A ResNet of another depth is left
        as it is, for the check of names to refuse.
    """
    names = set(wanted)
    inner = "trunk." if any(n.startswith("backbone.trunk.") for n in names) else ""
    moved = {
        f"backbone.{inner}{name.removeprefix('backbone.')}": tensor
        for name, tensor in state.items()
    }
    last = max((_number(name, inner) for name in names), default=-1)
    beyond = tuple(n for n in moved if last >= 0 and _number(n, inner) > last)
    return {n: moved[n] for n in moved if n not in beyond}, beyond


def _number(name: str, inner: str) -> int:
    """Number of a VGG's layer; -1 for a weight of something else."""
    match = re.match(rf"^backbone\.{inner}features\.(\d+)\.", name)
    return int(match.group(1)) if match else -1


def _vgg_layers(state: Mapping[str, Any]) -> dict[int, tuple[int, str]]:
    """Torchvision's number of a layer with weights -> MMPose's, and its part."""
    kinds = {
        int(match.group(1)): "conv" if tensor.ndim == 4 else "bn"
        for name, tensor in state.items()
        if (match := _VGG.match(name)) and match.group(2) == "weight"
    }
    layers, number, before = {}, -1, -1
    for theirs in sorted(kinds):
        if kinds[theirs] == "conv":
            # Between two convolutions: a ReLU, and a pooling where the gap is wider.
            number += 2 if theirs - before > 2 else 1
            layers[theirs] = (number, "conv")
        else:
            layers[theirs] = (number, "bn")
        before = theirs
    return layers
