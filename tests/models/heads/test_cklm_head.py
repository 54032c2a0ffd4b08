"""CKLMHead: loss by hand, what it learns and reads, flips, features and bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.datasets.transforms import GenerateTarget, PackPoseInputs
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import ConfigError, InputError
from mmsia.models.layers.point_features import sample_at_cells

CODEC = dict(
    type="CategoryImplicitHeatmap", input_size=(96, 64), heatmap_size=(24, 16),
    kernel_sizes=(7, 3),
)  # fmt: skip
BACKBONE = dict(
    type="CKLM", num_stages=2, depth=(1, 1, 1, 1), groups=1, base_channels=8,
    channels=16, transmission=8,
)  # fmt: skip
POINTS = [
    np.array([[[13.5, 13.5], [61.7, 40.1], [30.0, 52.0]]]),
    np.array([[[80.0, 10.0], [5.5, 33.0], [0.0, 0.0]]]),
]
VISIBLE = [np.ones((1, 3)), np.array([[1.0, 2, 0]])]


def head_of(**options):
    torch.manual_seed(0)
    settings = dict(type="CKLMHead", num_stages=2, in_channels=16, decoder=CODEC)
    head = MODELS.build(settings | options)
    head.init_weights()
    return head


def feats_of(batch=2):
    generator = torch.Generator().manual_seed(0)
    return [
        [
            torch.randn(batch, 16, 16 >> i, 24 >> i, generator=generator)
            for i in (3, 2, 1, 0)
        ]
        for _ in range(2)
    ]


def samples():
    """Through MMPose's own pipeline."""
    target, pack = GenerateTarget(encoder=CODEC), PackPoseInputs()
    packed = []
    for points, visible in zip(POINTS, VISIBLE, strict=True):
        results = dict(
            img=np.zeros((64, 96, 3), np.uint8),
            transformed_keypoints=points,
            keypoints=points,
            keypoints_visible=visible,
            bbox=np.array([[0.0, 0, 96, 64]]),
            bbox_score=np.ones(1),
            input_size=(96, 64),
            input_center=np.array([48.0, 32]),
            input_scale=np.array([96.0, 64]),
        )
        packed.append(pack(target(results))["data_samples"])
    return packed


def test_shapes_and_start():
    maps = head_of().eval()(feats_of())
    assert [[tuple(m.shape) for m in stage] for stage in maps] == [
        [(2, 3, 16, 24)] * 4
    ] * 2
    for stage in maps:
        for level in stage:
            assert 0.01 < level[:, 0].sigmoid().mean() < 0.03


def test_loss_is_equation_1():
    head = head_of(heatmap_weight=2.0, offset_weight=3.0).eval()
    batch = samples()
    losses = head.loss(feats_of(), batch)
    for stage, levels in enumerate(head(feats_of())):
        heat = away = 0.0
        for share, maps in zip((0.25, 0.25, 0.25, 1.0), levels, strict=True):
            for crop, sample in enumerate(batch):
                truth = sample.gt_fields.heatmaps[stage]
                found = maps[crop, 0].sigmoid()
                heat -= (
                    share
                    * (truth * found.log() + (1 - truth) * (1 - found).log()).sum()
                )
                for point in POINTS[crop][0][VISIBLE[crop][0] > 0]:
                    cell = (point - 1.5) / 4
                    x, y = np.rint(cell).astype(int)
                    error = maps[crop, 1:, y, x] - torch.tensor(cell - [x, y])
                    # all below 1, where the loss is a parabola
                    assert error.abs().max() < 1
                    away += share * (error**2).sum() / 2
        # five keypoints are annotated
        assert losses[f"loss_kpt_{stage}"].item() == pytest.approx(
            2 * heat.item() / 5, rel=1e-5
        )
        assert losses[f"loss_offset_{stage}"].item() == pytest.approx(
            3 * away.item() / 5, rel=1e-4
        )


def test_crops_without_keypoints_have_a_loss():
    batch = samples()
    for sample in batch:
        for name in ("heatmaps", "offsets", "offset_weights"):
            getattr(sample.gt_fields, name).zero_()
    losses = head_of().loss(feats_of(), batch)
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert losses["loss_offset_0"] == 0 and losses["loss_kpt_0"] > 0


def estimator():
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            type="TopdownPoseEstimator",
            backbone=BACKBONE,
            head=dict(type="CKLMHead", num_stages=2, in_channels=16, decoder=CODEC),
        )
    )
    model.init_weights()
    return model


def test_it_learns_the_keypoints_of_two_crops():
    model = estimator().train()
    images = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    batch = samples()
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(60):
        optimizer.zero_grad()
        sum(model.loss(images, batch).values()).backward()
        optimizer.step()
    with torch.no_grad():
        found = model.predict(images, batch)
    for sample, points, visible in zip(found, POINTS, VISIBLE, strict=True):
        expected, got = points[0][visible[0] > 0], sample.pred_instances
        sure = got.keypoints[0][got.keypoint_scores[0] > 0.5]
        assert len(sure) == len(expected)
        distance = np.linalg.norm(sure[:, None] - expected, axis=-1)
        assert distance.min(axis=0).max() < 2


def test_predictions_are_in_pixels_of_the_image():
    model, batch = estimator().eval(), samples()
    model.head.predictors[-1][-1][-1].bias.data[0] = 0
    images = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    batch[1].set_metainfo(
        dict(input_center=np.array([100.0, 80]), input_scale=np.array([192.0, 128]))
    )
    with torch.no_grad():
        crops = model.head.predict(model.extract_feat(images), batch)
        found = model.predict(images, batch)
    first, second = (sample.pred_instances for sample in found)
    assert first.keypoints.shape[1] > 0 and second.keypoints.shape[1] > 0
    np.testing.assert_allclose(first.keypoints, crops[0].keypoints)
    np.testing.assert_allclose(second.keypoints, crops[1].keypoints * 2 + [4, 16])
    for got in (first, second):
        assert got.keypoints.shape[:2] == got.keypoint_scores.shape
        assert got.keypoint_features.shape == (*got.keypoint_scores.shape, 16)


class Mirrored(torch.nn.Module):
    """Stands for the predictors: hands out maps instead of computing them."""

    def forward(self, feature):
        return feature


def test_flip_test_averages_maps_in_one_frame():
    head = head_of(in_channels=3).eval()
    head.predictors[-1][-1] = Mirrored()
    maps = torch.full((1, 3, 16, 24), -20.0)
    maps[:, 1:] = 0
    # a peak in cell (5, 7), moved by 0.25 cells; mirrored it is in cell (18, 7)
    maps[0, :, 7, 5] = torch.tensor([4.0, 0.25, -0.5])
    mirrored = torch.full((1, 3, 16, 24), -20.0)
    mirrored[:, 1:] = 0
    mirrored[0, :, 7, 18] = torch.tensor([4.0, -0.25, -0.5])
    config = dict(flip_test=True, output_heatmaps=True)
    (one,), (fields,) = head.predict(([[maps]], [[mirrored]]), None, config)
    np.testing.assert_allclose(one.keypoints, [[[5.25 * 4 + 1.5, 6.5 * 4 + 1.5]]])
    assert one.keypoint_scores[0, 0] == pytest.approx(1 / (1 + np.exp(-4)), rel=1e-5)
    assert fields.heatmaps.shape == (3, 16, 24)


def test_features_between_cells():
    grid = torch.arange(12.0).reshape(1, 3, 4).repeat(2, 1, 1)
    cells = torch.tensor([[1.0, 2], [0.5, 1.25], [-3, 9], [3.4, 0]])
    read = sample_at_cells(grid, cells)
    torch.testing.assert_close(read[:, 0], torch.tensor([9.0, 5.5, 8, 3]))
    assert sample_at_cells(grid, torch.zeros(0, 2)).shape == (0, 2)


def test_no_peaks():
    head = head_of().eval()
    head.predictors[-1][-1][-1].bias.data[0] = -50
    (one, _) = head.predict(feats_of(), None)
    assert one.keypoints.shape == (1, 0, 2)
    assert one.keypoint_features.shape == (1, 0, 16)


def test_bad_input():
    with pytest.raises(InputError, match="not finite"):
        head_of().eval().predict(
            [[level * torch.nan for level in stage] for stage in feats_of()], None
        )
    with pytest.raises(ConfigError, match="no decoder"):
        head_of(decoder=None).predict(feats_of(), None)
    with pytest.raises(ConfigError, match="kernel size"):
        head_of(num_stages=3)
    empty = PoseDataSample(gt_fields=InstanceData())
    with pytest.raises(ConfigError, match="draws no heatmaps"):
        head_of().loss(feats_of(1), [empty])
