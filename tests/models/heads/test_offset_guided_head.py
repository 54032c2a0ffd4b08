from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmsia.codecs import OffsetGuidedHeatmap
from mmsia.errors import ConfigError
from mmsia.models.heads import OffsetGuidedHead
from mmsia.models.heads.poses import pack_poses
from mmsia.ops.limbs import COCO_FLIP_INDICES

CODEC = {"type": "OffsetGuidedHeatmap", "input_size": (256, 192), "limbs": "coco19"}


def person(shift=(0.0, 0.0)):
    """A standing person of 17 well separated keypoints, pixels."""
    points = [(64, 20), (72, 12), (56, 12), (82, 16), (46, 16), (92, 44), (36, 44)]
    points += [(104, 76), (24, 76), (112, 106), (16, 106), (84, 104), (44, 104)]
    points += [(88, 138), (40, 138), (92, 172), (36, 172)]
    return np.array(points, dtype=np.float32) + np.array(shift, dtype=np.float32)


def encode(codec, people):
    people = np.stack(people)
    low, high = people.min(1), people.max(1)
    return codec.encode(people, np.ones(people.shape[:2]), np.hstack([low, high]))


def sample_of(codec, people, mask=True):
    sample = PoseDataSample(metainfo={"flip_indices": list(COCO_FLIP_INDICES)})
    fields = PixelData()
    for name, value in encode(codec, people).items():
        fields.set_field(torch.as_tensor(value), name)
    if mask:
        height, width = value.shape[-2:]
        fields.set_field(torch.ones(1, height, width, dtype=torch.bool), "heatmap_mask")
    sample.gt_fields = fields
    return sample


def passthrough_head(codec_options, channels):
    """A head whose convolutions copy its input channels to the last stack's maps."""
    head = OffsetGuidedHead(
        in_channels=channels,
        num_stacks=2,
        refinement=codec_options.get("refinement") == "offset",
        decoder=codec_options,
    )
    start = 0
    for convs in head._tasks():
        conv = convs[-1]
        conv.weight.data.zero_()
        conv.bias.data.zero_()
        for channel in range(conv.out_channels):
            conv.weight.data[channel, start + channel] = 1
        start += conv.out_channels
    return head


def features(encoded):
    """Ground truth as the feature map; unsupervised offsets far away, but finite."""
    maps = np.concatenate([encoded[name] for name in MAPS if name in encoded])
    return torch.as_tensor(np.nan_to_num(maps, posinf=1e4))[None]


MAPS = ("heatmaps", "offsets", "refinement_offsets")


@pytest.mark.parametrize(
    ("limbs", "heat", "offset"),
    [("coco19", 8738, 19532), ("coco44", 8738, 45232)],
)
def test_parameters_are_those_of_the_paper(limbs, heat, offset):
    head = MODELS.build({"type": "OffsetGuidedHead", "limbs": limbs})
    assert sum(p.numel() for p in head.keypoint_convs.parameters()) == heat
    assert sum(p.numel() for p in head.offset_convs.parameters()) == offset
    assert sum(p.numel() for p in head.parameters()) == heat + offset


def test_hourglass_104_has_the_counted_parameters():
    with torch.device("meta"):
        backbone = MODELS.build(
            {
                "type": "HourglassNet",
                "downsample_times": 5,
                "num_stacks": 2,
                "stage_channels": (256, 256, 384, 384, 384, 512),
                "stage_blocks": (2, 2, 2, 2, 2, 4),
                "feat_channel": 256,
            }
        )
    assert sum(p.numel() for p in backbone.parameters()) == 187_700_352


def test_initialisation_is_narrow():
    torch.manual_seed(0)
    head = OffsetGuidedHead()
    head.init_weights()
    weights = torch.cat([conv.weight.flatten() for conv in head.offset_convs])
    assert weights.std().item() == pytest.approx(0.001, rel=0.03)
    assert all((conv.bias == 0).all() for conv in head.keypoint_convs)


def test_forward_gives_the_maps_of_the_last_stack():
    head = OffsetGuidedHead(in_channels=8, limbs="coco19", refinement=True)
    feats = [torch.randn(2, 8, 12, 16) for _ in range(2)]
    maps = head(feats)
    assert [tuple(m.shape) for m in maps] == [
        (2, channels, 12, 16) for channels in (17, 38, 2)
    ]
    stacks = head.forward_stacks(feats)
    assert len(stacks) == 2
    for last, again in zip(stacks[-1], maps, strict=True):
        torch.testing.assert_close(last, again)


def test_loss_is_the_mean_over_the_stacks():
    codec = OffsetGuidedHeatmap(**{k: v for k, v in CODEC.items() if k != "type"})
    head = OffsetGuidedHead(in_channels=8, decoder=CODEC)
    samples = [sample_of(codec, [person()]), sample_of(codec, [person((90, 5))])]
    feats = [torch.randn(2, 8, 48, 64) for _ in range(2)]
    losses = head.loss(feats, samples)
    assert set(losses) == {"loss_kpt", "loss_offset"}
    stack = {
        name: torch.stack([getattr(s.gt_fields, name) for s in samples])
        for name in ("heatmaps", "offsets", "instance_scales", "heatmap_mask")
    }
    parts = head.forward_stacks(feats)
    heat = [head.keypoint_loss(p[0], stack["heatmaps"]) for p in parts]
    offset = [
        head.offset_loss(p[1], stack["offsets"], stack["instance_scales"])
        for p in parts
    ]
    assert losses["loss_kpt"].item() == pytest.approx(sum(heat).item() / 2, rel=1e-5)
    expected = sum(offset).item() / 2
    assert losses["loss_offset"].item() == pytest.approx(expected, rel=1e-5)


def test_loss_without_mask_and_without_people_has_a_gradient():
    codec = OffsetGuidedHeatmap(**{k: v for k, v in CODEC.items() if k != "type"})
    head = OffsetGuidedHead(in_channels=8, num_stacks=1, decoder=CODEC)
    sample = sample_of(codec, [person((900, 900))], mask=False)
    losses = head.loss([torch.randn(1, 8, 48, 64)], [sample])
    assert losses["loss_offset"].item() == 0
    sum(losses.values()).backward()
    assert all(
        p.grad is not None and p.grad.isfinite().all() for p in head.parameters()
    )


def test_masked_cells_do_not_count():
    codec = OffsetGuidedHeatmap(**{k: v for k, v in CODEC.items() if k != "type"})
    head = OffsetGuidedHead(in_channels=8, decoder=CODEC)
    sample = sample_of(codec, [person()])
    sample.gt_fields.heatmap_mask.zero_()
    losses = head.loss([torch.randn(1, 8, 48, 64)] * 2, [sample])
    assert {name: loss.item() for name, loss in losses.items()} == {
        "loss_kpt": 0,
        "loss_offset": 0,
    }


@pytest.mark.parametrize("refinement", [None, "offset"])
@pytest.mark.parametrize("flip", [False, True])
def test_predicts_the_people_of_perfect_maps(refinement, flip):
    options = {**CODEC, "refinement": refinement}
    codec = OffsetGuidedHeatmap(**{k: v for k, v in options.items() if k != "type"})
    people = [person(), person((130, 8))]
    feat = features(encode(codec, people))
    head = passthrough_head(options, feat.shape[1])
    feats = [torch.zeros_like(feat), feat]
    if flip:
        mirrored = np.stack(people)
        mirrored[..., 0] = 255 - mirrored[..., 0]
        there = features(encode(codec, mirrored[:, list(COCO_FLIP_INDICES)]))
        feats = [feats, [torch.zeros_like(there), there]]
    samples = [sample_of(codec, people)]
    (poses,) = head.predict(feats, samples, {"flip_test": flip})
    order = np.argsort(poses.keypoints[:, 0, 0])
    np.testing.assert_allclose(poses.keypoints[order], people, atol=1.0)
    assert poses.keypoint_scores.shape == (2, 17)
    expected = poses.keypoint_scores.sum(1) / 17
    np.testing.assert_allclose(poses.bbox_scores, expected, rtol=1e-5)
    low, high = poses.keypoints.min(1), poses.keypoints.max(1)
    np.testing.assert_allclose(poses.bboxes, np.hstack([low, high]))


def test_output_heatmaps_gives_the_maps_too():
    codec = OffsetGuidedHeatmap(**{k: v for k, v in CODEC.items() if k != "type"})
    feat = features(encode(codec, [person()]))
    head = passthrough_head(CODEC, feat.shape[1])
    samples = [sample_of(codec, [person()])]
    poses, fields = head.predict([feat, feat], samples, {"output_heatmaps": True})
    assert len(poses) == len(fields) == 1
    torch.testing.assert_close(fields[0].heatmaps, feat[0, :17])
    torch.testing.assert_close(fields[0].offsets, feat[0, 17:])


def test_empty_maps_give_empty_poses():
    head = passthrough_head(CODEC, 55)
    feat = torch.zeros(1, 55, 48, 64)
    (poses,) = head.predict([feat, feat], [PoseDataSample()])
    assert poses.keypoints.shape == (0, 17, 2)
    assert poses.bboxes.shape == (0, 4)
    assert poses.bbox_scores.shape == (0,)


def test_boxes_are_drawn_around_the_keypoints_that_were_found():
    keypoints = np.zeros((1, 17, 2), dtype=np.float32)
    scores = np.zeros((1, 17), dtype=np.float32)
    keypoints[0, 5:7] = [[30, 40], [50, 20]]
    scores[0, 5:7] = 0.5
    poses = pack_poses(keypoints, scores, scores.sum(1) / 17)
    assert poses.bboxes.tolist() == [[30, 20, 50, 40]]


def test_what_does_not_fit_is_named():
    with pytest.raises(ConfigError, match="num_stacks does not fit"):
        OffsetGuidedHead(in_channels=8)([torch.zeros(1, 8, 4, 4)])
    with pytest.raises(ConfigError, match="not its decoder's"):
        OffsetGuidedHead(limbs="coco44", decoder=CODEC)
    feats = [torch.zeros(1, 256, 4, 4)] * 2
    with pytest.raises(ConfigError, match=r"expected decoder=<codec>"):
        OffsetGuidedHead().predict(feats, [PoseDataSample()])
    with pytest.raises(ConfigError, match="no multi-scale test"):
        head = OffsetGuidedHead(decoder=CODEC)
        head.predict(feats, [PoseDataSample()], {"multiscale_test": True})


def test_refinement_must_be_there_on_both_sides():
    options = {**CODEC, "refinement": "offset"}
    with pytest.raises(ConfigError, match="expected refinement=True"):
        OffsetGuidedHead(decoder=options)
    codec = OffsetGuidedHeatmap(**{k: v for k, v in CODEC.items() if k != "type"})
    head = OffsetGuidedHead(in_channels=8, refinement=True, decoder=CODEC)
    with pytest.raises(ConfigError, match="draws no refinement_offsets"):
        head.loss([torch.zeros(1, 8, 48, 64)] * 2, [sample_of(codec, [person()])])


def test_refinement_has_a_loss_of_its_own():
    options = {**CODEC, "refinement": "offset"}
    codec = OffsetGuidedHeatmap(**{k: v for k, v in options.items() if k != "type"})
    loss = {"type": "GuidingOffsetLoss", "sqrt": False, "divide_by_batch": False}
    head = OffsetGuidedHead(
        in_channels=8, refinement=True, decoder=options, refinement_loss=loss
    )
    head.init_weights()  # biases of zero
    sample = sample_of(codec, [person()])
    losses = head.loss([torch.zeros(1, 8, 48, 64)] * 2, [sample])
    truth = sample.gt_fields.refinement_offsets
    errors = truth[truth.isfinite()].abs()  # zero features give zero predictions
    errors = errors[errors >= 1e-5]
    expected = errors.sum().item() / (1 + len(errors))
    assert losses["loss_refinement"].item() == pytest.approx(expected, rel=1e-4)
