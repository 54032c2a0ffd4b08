"""Instances of different numbers of keypoints, padded for CLPGM."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mmsia.errors import InputError
from mmsia.models.heads.clpgm import Nodes


def pad_nodes(
    features: Sequence[Tensor],
    keypoints: Sequence[Tensor],
    boxes: Tensor,
    labels: Tensor,
    responses: Sequence[Tensor] | None = None,
) -> Nodes:
    """Pad the keypoints of B instances.

    Args:
        features: (P_b, D) of each instance; P_b may be 0.
        keypoints: (P_b, 2) pixels.
        boxes: (B, 4) xyxy pixels; a box of zero area counts as one pixel large.
        labels: (B,) category.
        responses: (P_b,) of the confidence map; None: all 1.

    Raises:
        InputError: No instance, or lists of different lengths.
    """
    numbers = [len(each) for each in keypoints]
    lists = [features, keypoints, *([] if responses is None else [responses])]
    if not len(boxes) or any([len(each) for each in one] != numbers for one in lists):
        raise InputError(
            "nodes of CLPGM",
            expected="an instance at least, with features for each of its keypoints",
            got=f"{len(boxes)} boxes, keypoints {numbers}, features "
            f"{[len(each) for each in features]}",
        )
    low, size = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    padded = pad_sequence(list(keypoints), batch_first=True)
    counts = torch.as_tensor(numbers, device=padded.device)
    mask = torch.arange(padded.shape[1], device=padded.device) < counts[:, None]
    positions = ((padded - low) / size[:, None]).masked_fill(~mask[..., None], 0)
    return Nodes(
        pad_sequence(list(features), batch_first=True),
        positions,
        labels,
        mask,
        None if responses is None else pad_sequence(list(responses), batch_first=True),
    )
