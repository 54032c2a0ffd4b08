"""Small networks, and a batch of hands that is only target maps."""

from __future__ import annotations

import copy

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers the parts

TRUNK = dict(
    type="ResNet", depth=18, num_stages=2, strides=(1, 2), dilations=(1, 1),
    out_indices=(1,), stem_channels=8, base_channels=8,
)  # fmt: skip
SMALL_RESNET = dict(
    backbone=dict(type="ResNet", depth=18, stem_channels=8, base_channels=8),
    in_channels=64,
)
CODEC = dict(type="MSRAHeatmap", input_size=(96, 96), heatmap_size=(12, 12), sigma=1.0)
BONE = torch.linspace(0, 1, 21)


def small_config():
    """A tiny SiaPose of three heads; change it at will."""
    return copy.deepcopy(
        dict(
            type="SiaPose",
            backbone=dict(
                type="CPMOnVGG", num_stages=2, trunk=TRUNK, trunk_channels=16,
                channels=(16, 16, 8),
            ),
            head=dict(
                type="CPMHead", in_channels=21, out_channels=21, num_stages=2,
                final_layer=None, decoder=CODEC,
            ),
            graph=dict(type="SIAGCN", num_heads=3, num_layers=2, kernel_size=5),
            pointer=SMALL_RESNET,
        )
    )  # fmt: skip


def batch(angles, cells=12, weights=1.0):
    """Images of noise; hands from the wrist outwards at these angles, radians."""
    generator = torch.Generator().manual_seed(0)
    samples = []
    for angle in angles:
        along = torch.tensor([np.sin(angle), -np.cos(angle)], dtype=torch.float32)
        points = torch.tensor([5.5, 6.0]) + 3.0 * BONE[:, None] * along
        grid = torch.arange(cells)
        x, y = (torch.exp(-((grid - p[:, None]) ** 2) / 2) for p in points.T)
        data = PoseDataSample()
        data.set_metainfo(
            dict(
                input_center=np.array([200.0, 100.0]),
                input_scale=np.array([192.0, 192.0]),
                input_size=(96, 96),
            )
        )
        data.gt_fields = PixelData(heatmaps=y[:, :, None] * x[:, None, :])
        data.gt_instances = InstanceData(
            bboxes=np.zeros((1, 4)), bbox_scores=np.ones(1)
        )
        data.gt_instance_labels = InstanceData(
            keypoint_weights=torch.full((1, 21), weights)
        )
        samples.append(data)
    image = torch.randn(len(samples), 3, 8 * cells, 8 * cells, generator=generator)
    return image, samples
