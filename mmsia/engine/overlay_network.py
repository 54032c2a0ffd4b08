"""The network of an overlay: a narrower backbone, a smaller input, no downloads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmengine.config import Config, ConfigDict

from mmsia.errors import ConfigError

_MULTIPLE = 32
# Settings of transforms that are pixels of the input, or pixels of it per image pixel,
# with their defaults.
_SCALED = {"OffsetGuidedAffine": {"scale_range": (0.5, 2.0), "max_shift": 150}}
_SIZES = ("OffsetGuidedResize",)
# Arguments of a head, and those of backbones that they follow.
_HEAD_FROM_BACKBONE = (
    ("in_channels", "feat_channel"),
    ("num_stacks", "num_stacks"),
    ("num_stages", "num_stacks"),
    ("num_stages", "num_stages"),
)


def set_backbone(config: Config, backbone: Any) -> None:
    """Replace the backbone, or some of its settings.

    The head takes its channels and stacks from it.

    Args:
        config: Changed in place.
        backbone: Config of the new backbone; without `type`, settings of the one that
            is there, whose others stay.

    Raises:
        ConfigError: No config of a backbone.
    """
    if not isinstance(backbone, dict) or not backbone:
        raise ConfigError(
            "overlay key 'backbone'",
            expected="a dict of a backbone's settings",
            got=f"{backbone!r:.60}",
        )
    kept = {} if "type" in backbone else config.model.backbone
    config.model.backbone = ConfigDict({**kept, **backbone})
    if "use_syncbn" in config.model:
        config.model.use_syncbn = False
    head = config.model.get("head") or {}
    for name, source in _HEAD_FROM_BACKBONE:
        if name in head and source in backbone:
            head[name] = backbone[source]


def replace_parts(config: Config, replacements: Any) -> None:
    """Replace parts of the network that a config has; others are left out.

    Args:
        config: Changed in place.
        replacements: Dotted path below `model` -> what stands there then.

    Raises:
        ConfigError: No such mapping.
    """
    if not isinstance(replacements, dict) or not all(
        isinstance(path, str) for path in replacements
    ):
        raise ConfigError(
            "overlay key 'replace'",
            expected="dotted paths below `model` with what stands there then",
            got=f"{replacements!r:.60}",
        )
    for path, value in replacements.items():
        *way, last = path.split(".")
        part = config.model
        for name in way:
            part = part.get(name) if isinstance(part, dict) else None
        if isinstance(part, dict) and last in part:
            part[last] = ConfigDict(value) if isinstance(value, dict) else value


def set_input_size(config: Config, size: Any) -> None:
    """Change the training input; maps, test sizes and augmentation keep their relation.

    Args:
        config: Changed in place.
        size: Pixels of a side, or (w, h).

    Raises:
        ConfigError: No size, or a config that does not say its own.
    """
    new = (size, size) if isinstance(size, int) else size
    if not _is_size(new):
        raise ConfigError(
            "overlay key 'input_size'",
            expected="pixels of a side, or (w, h)",
            got=repr(size),
        )
    old = (config.get("codec") or {}).get("input_size")
    if old is None and (scale := _scale_of_test(config)):
        _set_scales(config, new[0] / scale[0])
        return
    if not _is_size(old):
        raise ConfigError(
            "overlay key 'input_size' needs the size that it replaces",
            expected="codec.input_size in the config, or a Resize of a detector's test",
            got=repr(old),
        )
    ratio = new[0] / old[0]
    if config.get("long_edge") is not None:
        config.long_edge = _round(config.long_edge * ratio)
    seen: set[int] = set()
    for part in dicts_in(config._cfg_dict):
        # Loaders for validation and test can be one and the same dict.
        if id(part) not in seen:
            seen.add(id(part))
            _resize(part, tuple(old), tuple(new), ratio)


def _scale_of_test(config: Config) -> tuple[int, ...] | None:
    """(w, h) that a detector's images are resized to in a test."""
    loader = config.get("test_dataloader") or {}
    for step in (loader.get("dataset") or {}).get("pipeline") or []:
        if step.get("type") == "Resize" and _is_size(step.get("scale")):
            return tuple(step.scale)
    return None


def _set_scales(config: Config, ratio: float) -> None:
    """Sizes of images in all pipelines of a detector."""
    seen: set[int] = set()
    loaders = [config.get(f"{split}_dataloader") for split in ("train", "val", "test")]
    for part in dicts_in([loader for loader in loaders if loader is not None]):
        if id(part) in seen:
            continue
        seen.add(id(part))
        for key in ("scale", "img_scale", "crop_size"):
            if _is_size(part.get(key)):
                part[key] = tuple(max(1, round(side * ratio)) for side in part[key])


def _resize(
    part: ConfigDict, old: tuple[int, ...], new: tuple[int, ...], ratio: float
) -> None:
    if _is_size(part.get("input_size")) and tuple(part.input_size) == old:
        part.input_size = new
        if _is_size(part.get("heatmap_size")):
            part.heatmap_size = tuple(
                cells * now // before
                for cells, now, before in zip(part.heatmap_size, new, old, strict=True)
            )
    kind = part.get("type")
    if kind in _SIZES and part.get("size") is not None:
        part.size = _round(part.size * ratio)
    if part.get("input_size") == old[0] == old[1] and new[0] == new[1]:
        # A head that reads boxes in sizes of a square input's side.
        part.input_size = new[0]
    scaled = _SCALED.get(kind, {}) if isinstance(kind, str) else {}
    for key, default in scaled.items():
        if key == "scale_range" and part.get("scale_of") == "short_edge":
            continue
        value = part.get(key, default)
        if isinstance(value, list | tuple):
            part[key] = tuple(number * ratio for number in value)
        else:
            part[key] = round(value * ratio)


def drop_downloads(config: Config) -> None:
    """Forget weights that would be fetched when the network is made.

    Args:
        config: Changed in place.
    """
    for part in dicts_in(config._cfg_dict):
        start = part.get("init_cfg")
        if isinstance(start, dict) and "://" in str(start.get("checkpoint", "")):
            part.init_cfg = None
        if "://" in str(part.get("pretrained", "")):
            part.pretrained = None
    if "://" in str(config.get("load_from") or ""):
        config.load_from = None


def _is_size(value: Any) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    return all(isinstance(v, int) and v > 0 for v in value)


def _round(pixels: float) -> int:
    return max(_MULTIPLE, round(pixels / _MULTIPLE) * _MULTIPLE)


def dicts_in(value: Any) -> Iterator[ConfigDict]:
    """Every dict in a nested config.

    Args:
        value: Dicts and lists of any depth.
    """
    if isinstance(value, dict):
        yield value
        for item in list(value.values()):
            yield from dicts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from dicts_in(item)
