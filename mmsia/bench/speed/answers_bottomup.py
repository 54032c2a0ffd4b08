"""What bottom-up networks would say of an image that they know: see `answers`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsia.bench.speed.known_people import Answers, constant, people_of, sized
from mmsia.codecs import CenterNetPose, OffsetGuidedHeatmap
from mmsia.models.heads.centernet_pose_head import PoseMaps
from mmsia.models.heads.flip_test import unmirror_heatmaps, unmirror_vectors
from mmsia.ops.limbs import mirror_limbs


def of_gog(model: Any, sample: Any, inputs: Tensor) -> Answers:
    """GOG's heatmaps and guiding offsets.

    Args:
        model: The network.
        sample: The image's data sample with annotated people.
        inputs: (3, H, W) the input that it describes.
    """
    boxes, keypoints, visible = people_of(sample)
    head = model.head
    codec = sized(head.decoder, inputs)
    drawn = OffsetGuidedHeatmap.encode(codec, keypoints, visible, boxes)
    device = next(model.parameters()).device
    names = ("heatmaps", "offsets", "refinement_offsets")[: 3 if head.refinement else 2]
    # A network has an offset everywhere, not only where it was supervised.
    maps = tuple(
        torch.as_tensor(np.nan_to_num(drawn[n], posinf=0, neginf=0)).to(device)[None]
        for n in names
    )
    flip = sample.metainfo["flip_indices"]
    limbs, _ = mirror_limbs(head.limbs, flip)
    vectors = (list(limbs), list(range(maps[-1].shape[1] // 2)))
    # Mirroring twice changes nothing: what is un-mirrored later is mirrored now.
    mirrored = (
        unmirror_heatmaps(maps[0], flip),
        *(unmirror_vectors(m, v) for m, v in zip(maps[1:], vectors, strict=False)),
    )
    times = 2 if model.test_cfg.get("flip_test") else 1
    return {head: [constant(maps), constant(mirrored)][:times]}


def of_centernet(model: Any, sample: Any, inputs: Tensor) -> Answers:
    """CenterNet's maps of centres and keypoints; regressed where they are supervised.

    Args:
        model: The network.
        sample: The image's data sample with annotated people.
        inputs: (3, H, W) the input that it describes.
    """
    boxes, keypoints, visible = people_of(sample)
    codec = sized(model.head.decoder, inputs)
    drawn = CenterNetPose.encode(codec, keypoints, visible, boxes)
    centers, cells = drawn["center_cells"], drawn["keypoint_cells"]
    seen = drawn["keypoint_weights"] > 0
    number = len(centers)
    parts = (
        drawn["center_heatmap"],
        _spread(centers, drawn["sizes"], codec.map_size),
        _spread(centers, drawn["center_offsets"], codec.map_size),
        _spread(centers, drawn["keypoint_offsets"].reshape(number, -1), codec.map_size),
        drawn["keypoint_heatmaps"],
        _spread(cells[seen], drawn["cell_offsets"][seen], codec.map_size),
    )
    device = next(model.parameters()).device
    maps = PoseMaps(*(torch.as_tensor(part, device=device)[None] for part in parts))
    flip = sample.metainfo["flip_indices"]
    # Mirroring twice changes nothing: what is un-mirrored later is mirrored now.
    mirrored = maps._replace(
        center=maps.center.flip(-1),
        sizes=maps.sizes.flip(-1),
        keypoint_offsets=unmirror_vectors(maps.keypoint_offsets, flip),
        keypoint_heatmaps=unmirror_heatmaps(maps.keypoint_heatmaps, flip),
    )
    times = 2 if model.test_cfg.get("flip_test") else 1
    return {model.head: [constant(maps), constant(mirrored)][:times]}


def _spread(
    cells: np.ndarray, values: np.ndarray, map_size: tuple[int, int]
) -> np.ndarray:
    """Values (N, C) at their cells (N, 2) of maps (C, h, w), 0 elsewhere."""
    width, height = map_size
    maps = np.zeros((values.shape[1], height, width), dtype=np.float32)
    maps[:, cells[:, 1], cells[:, 0]] = values.T
    return maps
