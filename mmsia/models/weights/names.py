"""Names of foreign weights in MMPose's HourglassNet and in our heads.

Facts about names only: CenterNet's `exkp` hourglass (large_hourglass.py) has `pre`,
`kps`, `cnvs`, `inters`, `inters_` and `cnvs_`, and of its poses' branches `hm`, `wh`,
`hps`, `reg`, `hm_hp` and `hp_offset` one a stack; the authors of GOG wrap the same
network as `basenet` and their heads as `headnets` (networks.py, heads.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mmsia.errors import DataError

_BACKBONE_RULES = (
    (r"^pre\.0\.", "stem.0."),
    (r"^pre\.1\.", "stem.1.0."),
    (r"^kps\.(\d+)\.", r"hourglass_modules.\1."),
    (r"^cnvs\.(\d+)\.", r"out_convs.\1."),
    (r"^inters_\.(\d+)\.0\.", r"conv1x1s.\1.conv."),
    (r"^inters_\.(\d+)\.1\.", r"conv1x1s.\1.bn."),
    (r"^cnvs_\.(\d+)\.0\.", r"remap_convs.\1.conv."),
    (r"^cnvs_\.(\d+)\.1\.", r"remap_convs.\1.bn."),
    # Both networks call the residuals between the stacks `inters`.
    (r"^inters\.(\d+)\.", r"inters.\1."),
)
_SKIP = re.compile(r"\.skip\.([01])\.")
_GOG_HEAD_RULES = (
    (r"^headnets\.\d+\.hp_convs\.", "head.keypoint_convs."),
    (r"^headnets\.\d+\.reg_convs\.", "head.offset_convs."),
    (r"^headnets\.\d+\.jitter_convs\.", "head.refinement_convs."),
)
_GOG_DROPPED = re.compile(r"^headnets\.\d+\.(bghp_convs|spread_convs|scale_convs)\.")
_CENTERNET_BRANCHES = {
    "hm": "center",
    "wh": "sizes",
    "hps": "keypoint_offsets",
    "reg": "center_offsets",
    "hm_hp": "keypoint_heatmaps",
    "hp_offset": "cell_offsets",
}
_CENTERNET_HEAD_RULES = tuple(
    (rf"^{theirs}\.(\d+)\.{layer}\.", rf"head.branches.{ours}.\1.{place}.")
    for theirs, ours in _CENTERNET_BRANCHES.items()
    for layer, place in ((r"0\.conv", 0), ("1", 2))
)
_CENTERNET_DROPPED = re.compile(rf"^({'|'.join(_CENTERNET_BRANCHES)})\.\d+\.")


class Renamed(NamedTuple):
    """A state dict under our names.

    Attributes:
        state: Our name -> tensor.
        dropped: Foreign names of parts that the model does not have.
    """

    state: dict[str, Any]
    dropped: tuple[str, ...]


def find_source(names: Iterable[str]) -> str:
    """Tell whose naming a state dict follows.

    Args:
        names: Its keys.

    Returns:
        `'mmsia'`, `'gog'` (the authors' release) or `'centernet'`.

    Raises:
        DataError: None of them.
    """
    names = [name.removeprefix("module.") for name in names]
    for prefix, source in (("backbone.", "mmsia"), ("basenet.", "gog")):
        if any(name.startswith(prefix) for name in names):
            return source
    if any(name.startswith("kps.") for name in names):
        return "centernet"
    raise DataError(
        "these weights follow no naming that mmsia knows",
        expected="names that start with backbone., basenet. (GOG's release) or kps. "
        "(CenterNet's hourglass)",
        got=", ".join(names[:3]) or "no weights",
    )


def has_pose_branches(names: Iterable[str]) -> bool:
    """Tell whether a state dict has the branches of CenterNet's poses.

    Args:
        names: Its keys; CenterNet's detectors have no `hm_hp` among them.
    """
    return any(name.removeprefix("module.").startswith("hm_hp.") for name in names)


def rename_weights(
    state: Mapping[str, Any], source: str, *, with_branches: bool = False
) -> Renamed:
    """Rename foreign weights for a BottomupPoseEstimator.

    Args:
        state: Foreign name -> tensor, with or without `module.` in front.
        source: `'mmsia'` (MMPose's names), `'gog'` or `'centernet'`.
        with_branches: Whether CenterNet's branches are for a CenterNetPoseHead; an
            OffsetGuidedHead has no place for them.

    Returns:
        The renamed weights, and the names of what has no place in the model:
        CenterNet's branches, the authors' background, spread and scale maps.

    Raises:
        DataError: A name that the source should not have, or two names for one place.
    """
    renamed: dict[str, Any] = {}
    dropped, unknown = [], []
    for foreign, tensor in state.items():
        name = foreign.removeprefix("module.")
        ours = _rename(name, source, with_branches)
        if ours is not None and ours not in renamed:
            renamed[ours] = tensor
        elif ours is None and not with_branches and _is_dropped(name, source):
            dropped.append(foreign)
        else:
            unknown.append(foreign)
    if unknown:
        raise DataError(
            f"{len(unknown)} weights have no place under the names of {source!r}",
            expected="each name known and used once",
            got=", ".join(unknown[:8]) + (" ..." if len(unknown) > 8 else ""),
        )
    return Renamed(renamed, tuple(dropped))


def _rename(name: str, source: str, with_branches: bool) -> str | None:
    if source == "mmsia":
        # MMPose before 1.0 called the head so.
        return re.sub(r"^keypoint_head\.", "head.", name)
    if source == "gog" and not name.startswith("basenet."):
        return _apply(_GOG_HEAD_RULES, name)
    if with_branches and _is_dropped(name, "centernet"):
        return _apply(_CENTERNET_HEAD_RULES, name)
    backbone = _apply(_BACKBONE_RULES, name.removeprefix("basenet."))
    return None if backbone is None else "backbone." + _SKIP.sub(_downsample, backbone)


def _downsample(match: re.Match[str]) -> str:
    return f".downsample.{match.group(1)}."


def _apply(rules: tuple[tuple[str, str], ...], name: str) -> str | None:
    for pattern, replacement in rules:
        renamed, count = re.subn(pattern, replacement, name)
        if count:
            return renamed
    return None


def _is_dropped(name: str, source: str) -> bool:
    dropped = _GOG_DROPPED if source == "gog" else _CENTERNET_DROPPED
    return dropped.match(name) is not None
