"""Names of CenterNet's hourglass, and of GOG's release, which wraps the same network.

Facts about names only: CenterNet's `exkp` hourglass (large_hourglass.py) has `pre`,
`kps`, `cnvs`, `inters`, `inters_` and `cnvs_`, and of its poses' branches `hm`, `wh`,
`hps`, `reg`, `hm_hp` and `hp_offset` one a stack; the authors of GOG wrap it as
`basenet` and their heads as `headnets` (networks.py, heads.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mmsia.models.weights.rules import Rules, places

_BACKBONE: Rules = (
    (r"^pre\.0\.", "backbone.stem.0."),
    (r"^pre\.1\.", "backbone.stem.1.0."),
    (r"^kps\.(\d+)\.", r"backbone.hourglass_modules.\1."),
    (r"^cnvs\.(\d+)\.", r"backbone.out_convs.\1."),
    (r"^inters_\.(\d+)\.0\.", r"backbone.conv1x1s.\1.conv."),
    (r"^inters_\.(\d+)\.1\.", r"backbone.conv1x1s.\1.bn."),
    (r"^cnvs_\.(\d+)\.0\.", r"backbone.remap_convs.\1.conv."),
    (r"^cnvs_\.(\d+)\.1\.", r"backbone.remap_convs.\1.bn."),
    # Both networks call the residuals between the stacks `inters`.
    (r"^inters\.(\d+)\.", r"backbone.inters.\1."),
)
_SKIP = re.compile(r"\.skip\.([01])\.")
_BRANCHES = {
    "hm": "center",
    "wh": "sizes",
    "hps": "keypoint_offsets",
    "reg": "center_offsets",
    "hm_hp": "keypoint_heatmaps",
    "hp_offset": "cell_offsets",
}
_CENTERNET_HEAD: Rules = tuple(
    (rf"^{theirs}\.(\d+)\.{layer}\.", rf"head.branches.{ours}.\1.{number}.")
    for theirs, ours in _BRANCHES.items()
    for layer, number in ((r"0\.conv", 0), ("1", 2))
)
_CENTERNET_BRANCHES = rf"^({'|'.join(_BRANCHES)})\.\d+\."
_GOG_HEAD: Rules = (
    (r"^headnets\.\d+\.hp_convs\.", "head.keypoint_convs."),
    (r"^headnets\.\d+\.reg_convs\.", "head.offset_convs."),
    (r"^headnets\.\d+\.jitter_convs\.", "head.refinement_convs."),
)
_GOG_DROPPED = r"^headnets\.\d+\.(bghp_convs|spread_convs|scale_convs)\."


def centernet_places(
    names: Iterable[str], *, with_branches: bool
) -> dict[str, str | None]:
    """Where CenterNet's weights belong, as `rules.places`.

    Args:
        names: Their names.
        with_branches: Whether its branches are for a CenterNetPoseHead; an
            OffsetGuidedHead has no place for them.
    """
    if with_branches:
        found = places(names, (*_BACKBONE, *_CENTERNET_HEAD))
    else:
        found = places(names, _BACKBONE, _CENTERNET_BRANCHES)
    return _with_shortcuts(found)


def gog_places(names: Iterable[str]) -> dict[str, str | None]:
    """Where the weights of GOG's release belong, as `rules.places`.

    Args:
        names: Their names.
    """
    rules = tuple((p.replace("^", r"^basenet\."), ours) for p, ours in _BACKBONE)
    return _with_shortcuts(places(names, (*rules, *_GOG_HEAD), _GOG_DROPPED))


def has_pose_branches(names: Iterable[str]) -> bool:
    """Tell whether a state dict has the branches of CenterNet's poses.

    Args:
        names: Its keys; CenterNet's detectors have no `hm_hp` among them.
    """
    return any(name.removeprefix("module.").startswith("hm_hp.") for name in names)


def _with_shortcuts(found: dict[str, str | None]) -> dict[str, str | None]:
    return {
        name: ours and _SKIP.sub(r".downsample.\1.", ours)
        for name, ours in found.items()
    }
