"""Our codecs beside the MMPose codec that does most nearly the same.

GOG beside Associative Embedding is `mmsia.bench.speed.gog`'s; crops and single-shot
codecs are here. Targets differ as the methods do: each case names both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
from mmpose.codecs import (
    SPR,
    AssociativeEmbedding,
    MegviiHeatmap,
    MSRAHeatmap,
    UDPHeatmap,
)

from mmsia.bench.speed.device import load
from mmsia.bench.speed.gog import AE, AE_CELLS, OURS_44, benchmark_gog
from mmsia.bench.speed.grouping import grouping_case
from mmsia.bench.speed.record import Case, Record, Setting, measure, record_of
from mmsia.bench.speed.scenes import Scene, simulated_scenes
from mmsia.codecs import (
    CategoryImplicitHeatmap,
    CenterLines,
    CenterNetPose,
    PackedAssociativeEmbedding,
)

COMPONENT = "codecs"
SIZE, NUM_PEOPLE, NUM_SCENES = 512, 10, 6
_MAPS = ((SIZE, SIZE), (SIZE // 4, SIZE // 4), 2)
CROP, CELLS = (192, 256), (48, 64)
# A round of GOG's seven peers on a slow core; theirs is a fixed number of rounds.
_GOG_ROUND = 0.3

_ORDER = [0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16]


def measure_all(setting: Setting) -> Iterator[Record]:
    """Measure every codec.

    Args:
        setting: How long.
    """
    yield from _gog(setting)
    scenes = simulated_scenes(NUM_PEOPLE, NUM_SCENES, SIZE)
    tags = AssociativeEmbedding(*_MAPS, decode_keypoint_order=_ORDER)
    grouping = grouping_case(COMPONENT, tags, scenes, SIZE)
    for case in (grouping, *_crops(), *_single_shot(scenes), _tags(scenes)):
        yield measure(case, setting)


def _gog(setting: Setting) -> Iterator[Record]:
    """OffsetGuidedHeatmap, with 19 limbs, beside AssociativeEmbedding."""
    scenes = simulated_scenes(NUM_PEOPLE, NUM_SCENES, SIZE)
    rounds = setting.rounds_of(_GOG_ROUND)
    for maps in ("encoded", "network-like"):
        before = load()
        found = benchmark_gog(
            scenes, f"{NUM_PEOPLE} people", maps, size=SIZE, rounds=rounds
        )
        for entry in found:
            timings = [t for t in entry.timings if t.name != OURS_44]
            if not {AE, AE_CELLS} & {timing.name for timing in timings}:
                continue
            what = f"GOG {entry.task}, {entry.people}, {SIZE} px"
            yield record_of(
                COMPONENT,
                f"{what}, {maps} maps" if entry.maps else what,
                timings,
                setting,
                before=before,
            )


def _crops() -> Iterator[Case]:
    """A person's crop: one map without identity beside a map a keypoint."""
    ours = CategoryImplicitHeatmap(CROP, CELLS)
    peers = {
        "MMPose MSRAHeatmap": MSRAHeatmap(CROP, CELLS, sigma=2),
        "MMPose UDPHeatmap": UDPHeatmap(CROP, CELLS, sigma=2),
        "MMPose MegviiHeatmap": MegviiHeatmap(CROP, CELLS, kernel_size=11),
    }
    rng = np.random.default_rng(0)
    people = rng.uniform(0, CROP, (NUM_SCENES, 1, 17, 2)).astype(np.float32)
    visible = np.ones((1, 17), np.float32)
    codecs = {"mmsia CategoryImplicitHeatmap": ours, **peers}
    encoders = {
        name: [partial(codec.encode, points, visible) for points in people]
        for name, codec in codecs.items()
    }
    yield Case(COMPONENT, "encode a crop of 17 keypoints, 192 x 256", encoders)
    decoders = {}
    for name, codec in codecs.items():
        drawn = [codec.encode(points, visible) for points in people]
        maps = [each["heatmaps"] for each in drawn]
        if codec is ours:
            maps = [
                np.concatenate([each["heatmaps"][-1:], each["offsets"]])
                for each in drawn
            ]
        decoders[name] = [partial(codec.decode, each) for each in maps]
    yield Case(COMPONENT, "decode a crop of 17 keypoints, 48 x 64 cells", decoders)


def _single_shot(scenes: Sequence[Scene]) -> Iterator[Case]:
    """Centres with what is regressed from them, beside DEKR's codec."""
    peer, peer_name = _spr(), "MMPose SPR (DEKR)"
    lines, poses = CenterLines((SIZE, SIZE)), CenterNetPose((SIZE, SIZE))
    theirs = [
        partial(peer.encode, scene.keypoints, np.minimum(scene.visible, 1))
        for scene in scenes
    ]
    for name, codec in (("CenterLines", lines), ("CenterNetPose", poses)):
        ours = [
            partial(codec.encode, scene.keypoints, scene.visible, scene.boxes)
            for scene in scenes
        ]
        calls = {f"mmsia {name}": ours, peer_name: theirs}
        yield Case(COMPONENT, f"{name} encode, {NUM_PEOPLE} people, {SIZE} px", calls)
    drawn = [call() for call in theirs]
    decoding = [
        partial(
            peer.decode,
            torch.from_numpy(each["heatmaps"]),
            torch.from_numpy(each["displacements"]),
        )
        for each in drawn
    ]
    names = ("center_heatmap", "box_sizes", "box_offsets", "center_lines")
    boxes = []
    for scene in scenes:
        encoded = lines.encode(scene.keypoints, scene.visible, scene.boxes)
        maps = [torch.as_tensor(encoded[name])[None] for name in names]
        boxes.append(partial(lines.batch_decode, *maps))
    yield Case(
        COMPONENT,
        f"CenterLines decode, {NUM_PEOPLE} people, {SIZE} px",
        {"mmsia CenterLines, boxes": boxes, f"{peer_name}, poses": decoding},
        reason=(
            "Algorithm 1 walks each box's four edges over the line maps; the peer "
            "reads displacements at the centres"
        ),
    )
    yield Case(
        COMPONENT,
        f"CenterNetPose decode, {NUM_PEOPLE} people, {SIZE} px",
        {
            "mmsia CenterNetPose": [_pose_maps(poses, scene) for scene in scenes],
            f"{peer_name}, poses": decoding,
        },
        reason=(
            "keypoints move to peaks: local maxima of 17 more maps are found; the peer "
            "takes its displacements as they are"
        ),
    )


def _spr() -> SPR:
    return SPR(
        (SIZE, SIZE),
        (SIZE // 4, SIZE // 4),
        sigma=(4, 2),
        minimal_diagonal_length=32**0.5,
        generate_keypoint_heatmaps=True,
        decode_max_instances=30,
    )


def _pose_maps(codec: CenterNetPose, scene: Scene) -> partial:
    """Decode what a perfect network would put out."""
    drawn = codec.encode(scene.keypoints, scene.visible, scene.boxes)
    height, width = drawn["center_heatmap"].shape[-2:]
    x, y = drawn["center_cells"].T
    offsets = np.zeros((34, height, width), np.float32)
    sizes = np.zeros((2, height, width), np.float32)
    centers = np.zeros_like(sizes)
    offsets[:, y, x] = drawn["keypoint_offsets"].reshape(len(x), -1).T
    sizes[:, y, x] = drawn["sizes"].T
    centers[:, y, x] = drawn["center_offsets"].T
    cells = np.zeros_like(sizes)
    seen = drawn["keypoint_weights"] > 0
    x, y = drawn["keypoint_cells"][seen].T
    cells[:, y, x] = drawn["cell_offsets"][seen].T
    maps = (
        drawn["center_heatmap"],
        sizes,
        centers,
        offsets,
        drawn["keypoint_heatmaps"],
        cells,
    )
    return partial(codec.batch_decode, *(torch.from_numpy(m)[None] for m in maps))


def _tags(scenes: Sequence[Scene]) -> Case:
    """Associative Embedding's targets, ours being MMPose's with a label more."""
    calls = {}
    for name, kind in (
        ("mmsia PackedAssociativeEmbedding", PackedAssociativeEmbedding),
        ("MMPose AssociativeEmbedding", AssociativeEmbedding),
    ):
        codec = kind(*_MAPS, decode_keypoint_order=_ORDER)
        calls[name] = [
            partial(codec.encode, scene.keypoints, np.minimum(scene.visible, 1))
            for scene in scenes
        ]
    name = f"Associative Embedding encode, {NUM_PEOPLE} people, {SIZE} px"
    return Case(COMPONENT, name, calls)
