"""Grouping alone: peaks that are already found become people.

GOG's pairing by guiding offsets and greedy grouping, beside Associative Embedding's
grouping by tags, each from its own perfect maps of the same people.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from mmpose.codecs import AssociativeEmbedding
from mmpose.codecs.utils import batch_heatmap_nms

from mmsia.bench.codec_adapters import adapter_of
from mmsia.bench.speed.record import Case
from mmsia.bench.speed.scenes import Scene
from mmsia.codecs import OffsetGuidedHeatmap


def grouping_case(
    component: str, tags: AssociativeEmbedding, scenes: Sequence[Scene], size: int
) -> Case:
    """Both groupings of some scenes.

    Args:
        component: That the case belongs to.
        tags: The peer.
        scenes: Images with their people, as many in each.
        size: Edge of the square input, pixels.
    """
    codec = OffsetGuidedHeatmap((size, size))
    ours, theirs = [], []
    for scene in scenes:
        people = scene.keypoints, scene.visible
        heatmaps, offsets = adapter_of(codec).encode(codec, *people)
        ours.append(partial(codec.group_peaks, codec.find_peaks(heatmaps), offsets))
        maps = adapter_of(tags).encode(tags, *people)
        theirs.append(partial(tags._group_keypoints, *_candidates(tags, *maps)))
    return Case(
        component,
        f"grouping alone, {len(scenes[0].keypoints)} people, {size} px",
        {"mmsia pairing and greedy grouping": ours, "MMPose AE, by tags": theirs},
    )


def _candidates(tags: AssociativeEmbedding, heatmaps: Any, maps: Any) -> list[Any]:
    """What MMPose's decoder has when it comes to grouping."""
    batch = [torch.from_numpy(part)[None] for part in (heatmaps, maps)]
    peaks = batch_heatmap_nms(batch[0], tags.decode_nms_kernel)
    found = tags._get_batch_topk(peaks, batch[1], k=tags.decode_topk)
    return [part.numpy() for part in found]
