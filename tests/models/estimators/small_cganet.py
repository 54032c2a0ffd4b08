"""A tiny CGANet, and a batch of people that is only labels on noise."""

from __future__ import annotations

import copy

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import KEYPOINT_CODECS
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers the parts
from mmsia.ops.limbs import COCO_FLIP_INDICES

SIZE = (128, 128)
CODEC = dict(type="CenterLines", input_size=SIZE)
PEOPLE = ([[12, 6, 62, 118], [70, 20, 120, 100]], [[33, 12, 81, 121]])


def small_config(**options):
    """Change it at will."""
    config = dict(
        type="CGANet",
        backbone=dict(type="TNet", width=8),
        head=dict(type="CenterLineHead", in_channels=12, channels=8, decoder=CODEC),
        roi_head=dict(
            type="ROIGuider", in_channels=(12, 22, 32), channels=16, input_size=128
        ),
    )
    return copy.deepcopy({**config, **options})


def batch(people=PEOPLE, size=SIZE, outlines=False):
    """Images of noise; each person's keypoints on a slanted line through the box.

    An outline is the box's right half and its upper left quarter.
    """
    codec = KEYPOINT_CODECS.build({**CODEC, "input_size": size, "outlines": outlines})
    along = (np.arange(17) + 0.5) / 17
    samples = []
    for boxes in people:
        boxes = np.array(boxes, dtype=float).reshape(-1, 4)
        side = boxes[:, None, 2:] - boxes[:, None, :2]
        share = np.stack([0.3 + 0.4 * along, along], axis=-1)
        points = boxes[:, None, :2] + share * side
        encoded = codec.encode(
            points,
            np.ones(points.shape[:2]),
            boxes,
            raw_ann_info=[annotation_of(*box) for box in boxes.tolist()],
            warp_mat=np.eye(2, 3),
        )
        samples.append(sample_of(codec, encoded, size))
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(len(samples), 3, size[1], size[0], generator=generator)
    return images, samples


def annotation_of(x1, y1, x2, y2):
    """A person of three quarters of a box."""
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    outline = [x1, y1, x2, y1, x2, y2, x, y2, x, y, x1, y]
    return dict(bbox=[x1, y1, x2 - x1, y2 - y1], segmentation=[outline])


def sample_of(codec, encoded, size):
    sample = PoseDataSample(
        metainfo=dict(
            input_size=size,
            ori_shape=(188, 228),
            input_center=np.array([100.0, 60.0]),
            input_scale=np.array([2.0 * size[0], 2.0 * size[1]]),
            flip_indices=list(COCO_FLIP_INDICES),
        )
    )
    sample.gt_fields, sample.gt_instance_labels = PixelData(), InstanceData()
    for name in codec.field_mapping_table:
        sample.gt_fields.set_field(torch.as_tensor(encoded[name]), name)
    for name, label in codec.label_mapping_table.items():
        sample.gt_instance_labels.set_field(torch.as_tensor(encoded[name]), label)
    return sample


def to_image(points, size=SIZE):
    """Input pixels to those of the original image, by `sample_of`'s numbers."""
    size = np.array(size)
    return points / size * (2 * size) + np.array([100.0, 60.0]) - size
