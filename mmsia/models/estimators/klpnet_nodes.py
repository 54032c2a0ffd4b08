"""Annotated keypoints as CLPGM's nodes, and as what the feature bank learns from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmsia.errors import ConfigError
from mmsia.models.heads.clpgm import Nodes
from mmsia.models.heads.link_nodes import pad_nodes
from mmsia.models.layers.point_features import sample_at_cells
from mmsia.ops.link_graphs import true_links


class AnnotatedNodes(NamedTuple):
    """Keypoints of B crops that are annotated and inside.

    Attributes:
        features: (P_b, C) of each crop.
        keypoints: (P_b, 2) pixels of the image, as it is before the crop is turned.
        boxes: (B, 4) xyxy pixels of the same.
        labels: (B,) category.
        parts: (P_b,) int64 which part each one is.
        links: Pairs of parts of each crop's category.
    """

    features: list[Tensor]
    keypoints: list[Tensor]
    boxes: Tensor
    labels: Tensor
    parts: list[np.ndarray]
    links: list[list[list[int]]]

    def to_links(self) -> tuple[Nodes, Tensor]:
        """Nodes of CLPGM, and their true links (B, N, N)."""
        nodes = pad_nodes(self.features, self.keypoints, self.boxes, self.labels)
        parts = np.full(tuple(nodes.mask.shape), -1)
        for row, own in zip(parts, self.parts, strict=True):
            row[: len(own)] = own
        adjacency = true_links(parts, nodes.mask.cpu().numpy(), self.links)
        return nodes, torch.from_numpy(adjacency).to(nodes.mask.device)


def annotated_nodes(
    finest: Tensor, samples: Sequence[PoseDataSample], decoder: Any
) -> AnnotatedNodes:
    """Read the features of annotated keypoints.

    Positions of nodes are those in the image, which a crop's random turn and size do
    not change, as in a test.

    Args:
        finest: (B, C, h, w) features of the crops.
        samples: B crops, with `transformed_keypoints` in `gt_instances`.
        decoder: The codec CategoryImplicitHeatmap.

    Raises:
        ConfigError: Samples that were packed without what is needed.
    """
    features, keypoints, parts = [], [], []
    for crop, sample in enumerate(samples):
        truth = sample.gt_instances
        if "transformed_keypoints" not in truth or "category_id" not in sample.metainfo:
            raise ConfigError(
                "KLPNet: samples to learn from",
                expected="gt_instances.transformed_keypoints and category_id",
                got="none",
                remedy="Use ObjectKeypointDataset, and PackPoseInputs with "
                "pack_transformed=True and 'category_id', 'skeleton_links' among its "
                "meta_keys",
            )
        places = truth.transformed_keypoints[0, :, :2]
        inside = ((places >= 0) & (places < decoder.input_size)).all(axis=1)
        chosen = np.flatnonzero(inside & (truth.keypoints_visible[0] > 0))
        cells = torch.as_tensor(decoder.to_cells(places[chosen])).to(finest)
        features.append(sample_at_cells(finest[crop].float(), cells.float()))
        keypoints.append(torch.as_tensor(truth.keypoints[0, chosen]).to(finest))
        parts.append(chosen)
    boxes = np.concatenate([sample.gt_instances.bboxes for sample in samples])
    labels = [int(sample.metainfo["category_id"]) for sample in samples]
    return AnnotatedNodes(
        features,
        keypoints,
        torch.as_tensor(boxes).to(finest),
        torch.as_tensor(labels, device=finest.device),
        parts,
        [sample.metainfo.get("skeleton_links", []) for sample in samples],
    )
