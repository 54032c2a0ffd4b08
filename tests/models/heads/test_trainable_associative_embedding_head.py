"""Associative Embedding: its labels are packed and its loss runs, unlike MMPose's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import KEYPOINT_CODECS, MODELS, TRANSFORMS
from torch.nn import functional as F

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import ConfigError

SIZE, CELLS = (64, 48), (16, 12)
PEOPLE = np.array(
    [
        [[[4.0, 4], [20, 8], [8, 40]], [[40, 8], [60, 20], [44, 44]]],
        [[[10.0, 10], [30, 30], [50, 40]], [[0, 0]] * 3],
    ]
)
VISIBLE = np.array([[[1, 1, 0], [1, 1, 1]], [[1, 0, 1], [0, 0, 0]]], dtype=np.float32)


def sample_of(points, visible, codec="PackedAssociativeEmbedding"):
    init_default_scope("mmpose")
    encoder = dict(type=codec, input_size=SIZE, heatmap_size=CELLS, sigma=1)
    results = TRANSFORMS.build(dict(type="GenerateTarget", encoder=encoder)).transform(
        dict(keypoints=points.astype(np.float32), keypoints_visible=visible)
    )
    mask = np.ones((1, CELLS[1], CELLS[0]), dtype=bool)
    mask[:, :, :2] = False
    results |= dict(img=np.zeros((SIZE[1], SIZE[0], 3), np.uint8), heatmap_mask=mask)
    return PackPoseInputs(meta_keys=()).transform(results)["data_samples"]


def samples(codec="PackedAssociativeEmbedding"):
    return [sample_of(*image, codec) for image in zip(PEOPLE, VISIBLE, strict=True)]


def make(kind="TrainableAssociativeEmbeddingHead"):
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type=kind,
            in_channels=5,
            num_keypoints=3,
            tag_dim=1,
            tag_per_keypoint=True,
            deconv_out_channels=None,
            keypoint_loss=dict(type="KeypointMSELoss", use_target_weight=True),
            tag_loss=dict(type="AssociativeEmbeddingLoss", loss_weight=0.5),
        )
    )


def feats():
    generator = torch.Generator().manual_seed(0)
    return (torch.randn(2, 5, CELLS[1], CELLS[0], generator=generator),)


def test_mmposes_own_cannot_train():
    """Both parts are for this alone: whoever sees this fail can drop them."""
    packed = samples("AssociativeEmbedding")
    assert "keypoint_indices" not in packed[0].gt_instance_labels
    head = make("AssociativeEmbeddingHead")
    with pytest.raises(AttributeError, match="keypoint_indices"):
        head.loss(feats(), packed)
    with pytest.raises((AttributeError, AssertionError)):
        head.loss(feats(), samples())


def test_indices_are_packed():
    codec = KEYPOINT_CODECS.get("PackedAssociativeEmbedding")(SIZE, CELLS, 1)
    packed = samples()
    for image, sample in enumerate(packed):
        expected = codec.encode(PEOPLE[image], VISIBLE[image])["keypoint_indices"]
        found = sample.gt_instance_labels.keypoint_indices
        assert np.array_equal(found.numpy(), expected)
    # (20, 8) lies in cell (5, 2) of 16 a row
    assert packed[0].gt_instance_labels.keypoint_indices[0, 1].tolist() == [37, 1]


def test_losses_by_hand():
    head = make()
    heatmaps, tags = head(feats())
    losses = head.loss(feats(), samples())
    squares = 0.0
    for image, sample in enumerate(samples()):
        error = (heatmaps[image] - sample.gt_fields.heatmaps) ** 2
        squares += error[:, :, 2:].sum() / heatmaps.numel()
    assert losses["loss_kpt"].item() == pytest.approx(squares.item(), rel=1e-5)

    def tag(image, kind, x, y):
        return tags[image, kind, y, x].item()

    first = np.array([tag(0, 0, 1, 1), tag(0, 1, 5, 2)])
    second = np.array([tag(0, 0, 10, 2), tag(0, 1, 15, 5), tag(0, 2, 11, 11)])
    # (10, 10) and (50, 40) over 4, cut
    third = np.array([tag(1, 0, 2, 2), tag(1, 2, 12, 10)])
    # of each image the mean over its people; of the batch the mean over its images
    pull = (first.var() + second.var()) / 2 + third.var()
    assert losses["loss_pull"].item() == pytest.approx(0.5 * pull / 2, rel=1e-4)
    apart = np.exp(-((first.mean() - second.mean()) ** 2))
    push = 0.5 * 0.5 * (2 + 2 * apart) / 2 / 2
    assert losses["loss_push"].item() == pytest.approx(push, rel=1e-4)


def test_samples_without_indices_are_named():
    with pytest.raises(ConfigError, match="packs no keypoint_indices"):
        make().loss(feats(), samples("AssociativeEmbedding"))
    bare = samples()
    del bare[0].gt_fields.heatmap_mask
    with pytest.raises(ConfigError, match="draws no heatmap_mask"):
        make().loss(feats(), bare)


def test_targets_are_drawn_where_mmposes_decoding_finds_them():
    """To the cell's width; rounded ones come back 1.8 pixels to the lower right."""
    points = np.random.default_rng(0).uniform(16, 112, (200, 2)).astype(np.float32)
    errors = {}
    for name in ("PackedAssociativeEmbedding", "AssociativeEmbedding"):
        order = dict(decode_keypoint_order=[0], decode_center_shift=0.5)
        kind = KEYPOINT_CODECS.get(name)
        encoder = kind((128, 128), (32, 32), 2, **order)
        decoder = kind((128, 128), (128, 128), 2, **order)
        found = []
        for point in points:
            encoded = encoder.encode(point[None, None], np.ones((1, 1)))
            maps = torch.as_tensor(encoded["heatmaps"])[None]
            maps = F.interpolate(maps, scale_factor=4, mode="bilinear")
            keypoints, *_ = decoder.batch_decode(maps, torch.zeros_like(maps))
            found.append(keypoints[0][0, 0])
        errors[name] = np.array(found) - points
    ours, theirs = (np.abs(each.mean(axis=0)) for each in errors.values())
    assert (ours < 0.5).all() and (theirs > 1.5).all()
    assert (np.abs(errors["PackedAssociativeEmbedding"]) < 4).all()
