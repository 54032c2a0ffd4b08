"""Names of DIR's release in our network.

Facts about names only (models/dir.py, SemGCN, transformer/mixSTE.py of the authors'
code). Its parts `projecter_4` and `projecter_3` are the joint blocks of the first and
the second stage. Dead in it, and dropped: the classifier's last layer, the first of
each stage's four transformer blocks, and the edge of each joint to itself (notes:
92,725,019 parameters, of which 90,410,723 live). MANO's arrays (`th_...`), which come
along, are licensed apart and made from MANO's own files here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mmsia.models.weights.rules import Rules, places
from mmsia.ops.graphs import HAND_LINKS

_HANDS = {"left": 0, "right": 1}
_STAGES = {"4": 0, "3": 1}
_RESIDUAL = {"bn1": 0, "conv1.conv": 2, "bn2": 3, "conv2.conv": 5, "bn3": 6}
_RESIDUAL |= {"conv3.conv": 8}
_BLOCK = {
    "norm1.": "norm1.",
    "norm2.": "norm2.",
    "attn.qkv.": "self_attn.in_proj_",
    "attn.proj.": "self_attn.out_proj.",
    "mlp.fc1.": "linear1.",
    "mlp.fc2.": "linear2.",
}
_LOGITS = "head.maps.classes.3."
_CLASSES = [0, 2, 1]
"""The release's numbers of background, left and right hand."""
_DROPPED = (
    r"^(backbone\.fc\.|.*mano_layer_(left|right)\.|.*_loss(_left|_right)?\."
    r"|.*\.interaction\.STEblocks\.0\.|.*\.gconv\.e_0$|.*\.img_gird$)"
)


def _initial() -> Rules:
    start = r"^init_regressor\."
    per_hand = [
        rule
        for name, hand in _HANDS.items()
        for rule in (
            (rf"{start}attention_{name}\.", f"head.initial.attention.{hand}."),
            (rf"{start}mano_{name}\.", f"head.initial.hands.{hand}."),
        )
    ]
    return (*per_hand, (rf"{start}offset\.", "head.initial.offset."))


def _residuals(theirs: str, ours: str) -> Rules:
    inner = [
        (
            rf"^decoder\.{theirs}\.{layer}\.".replace("conv.", r"conv\."),
            f"{ours}body.{number}.",
        )
        for layer, number in _RESIDUAL.items()
    ]
    return (*inner, (rf"^decoder\.{theirs}\.skip_layer\.conv\.", f"{ours}skip."))


def _joints(theirs: str, ours: str) -> Rules:
    start = rf"^decoder\.projecter_{theirs}\."
    rules = []
    for name, hand in _HANDS.items():
        graph = f"{ours}joints.graphs.{hand}."
        layer = rf"{start}gcn_{name}\.gconv_layers\.(\d+)\."
        rules += [
            (rf"{layer}gconv\.W$", rf"{graph}layers.\1.weight"),
            (rf"{layer}gconv\.e_1$", rf"{graph}layers.\1.edges"),
            (rf"{layer}gconv\.bias$", rf"{graph}layers.\1.bias"),
            (rf"{layer}bn\.", rf"{graph}norms.\1."),
            (
                rf"{start}img2joint_{name}\.filters\.",
                f"{ours}joints.sampled.{hand}.body.",
            ),
            (rf"{start}pos_emb_{name}\.", f"{ours}joints.own_place.{hand}.body."),
            (rf"{start}regressor\.mano_{name}\.", f"{ours}joints.hands.{hand}."),
        ]
    rules += [
        (rf"{start}global_pos_emb\.", f"{ours}joints.place.body."),
        (rf"{start}regressor\.offset\.", f"{ours}joints.offset."),
        (rf"{start}proj_feat_emb\.", f"{ours}projection.joints.body."),
        (rf"{start}fusion\.", f"{ours}projection.fusion."),
    ]
    return (*rules, *_transformer(rf"{start}interaction\.", f"{ours}joints."))


def _transformer(start: str, ours: str) -> Rules:
    blocks = [
        (
            rf"{start}STEblocks\.{number}\.{theirs}".replace("attn.", r"attn\."),
            f"{ours}transformer.blocks.{number - 1}.{name}",
        )
        for number in (1, 2, 3)
        for theirs, name in _BLOCK.items()
    ]
    return (
        *blocks,
        (rf"{start}spatial_pos_embed$", f"{ours}transformer.place"),
        (rf"{start}spatial_norm\.", f"{ours}transformer.norm."),
        (rf"{start}head\.", f"{ours}narrow."),
    )


def _stage(theirs: str, number: int) -> Rules:
    ours = f"head.stages.{number}."
    return (
        *_residuals(f"skip_layer{theirs}", f"{ours}skip."),
        *_residuals(f"fusion_layer{theirs}", f"{ours}fuse."),
        *_residuals(f"enhance_layer{theirs}", f"{ours}enhance."),
        *_joints(theirs, ours),
    )


_RULES: Rules = (
    (r"^backbone\.", "backbone."),
    *_initial(),
    *(rule for theirs, number in _STAGES.items() for rule in _stage(theirs, number)),
    (r"^decoder\.conv_final\.", "head.maps.tail."),
    (r"^decoder\.seg\.", "head.maps.classes."),
    (r"^decoder\.dense\.", "head.maps.dense."),
)


def dir_places(names: Iterable[str]) -> dict[str, str | None]:
    """Where the weights of DIR's release belong, as `rules.places`.

    Args:
        names: Their names.
    """
    return places(names, _RULES, _DROPPED)


def in_our_order(state: Mapping[str, Any]) -> dict[str, Any]:
    """Reorder the numbers of a hand's edges, and the classes of the segmentation.

    The release numbers edges by the joint that takes, then by the one that is taken
    of, in a row (1, 40); ours follow the bones, outwards first. Its class 1 is the
    right hand, whatever its variables are called: that one is drawn in the channel
    that its loader takes for class 1. Ours is the left hand.

    Args:
        state: Our name -> tensor.
    """
    links = np.array(HAND_LINKS)
    to, of = np.concatenate([links, links[:, ::-1]]).T
    order = np.argsort(np.lexsort((of, to)))
    return {
        name: value.reshape(-1)[order]
        if name.endswith(".edges")
        else value[_CLASSES]
        if name.startswith(_LOGITS)
        else value
        for name, value in state.items()
    }
