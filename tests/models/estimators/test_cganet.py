"""CGANet: Eq. (9), what it learns and predicts, the flip test, odd images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from mmpose.registry import MODELS

from mmsia.bench.structure import count_structure
from mmsia.errors import ConfigError, InputError
from mmsia.models.estimators.cganet import average_maps, mirror_boxes, pad_to_divisor
from mmsia.models.heads.center_line_head import DenseMaps
from tests.models.estimators.small_cganet import (
    CODEC,
    PEOPLE,
    batch,
    small_config,
    to_image,
)


def make(**options):
    torch.manual_seed(0)
    model = MODELS.build(small_config(**options))
    model.init_weights()
    return model


LOSSES = {
    "loss_center": 1.0,
    "loss_size": 0.1,
    "loss_offset": 1.0,
    "loss_line_x": 1.0,
    "loss_line_y": 1.0,
    "loss_kpt_0": 3.0,
}


def test_six_losses_with_the_weights_of_equation_9():
    model = make(jitter=0.0).eval()
    losses = model(*batch(), mode="loss")
    assert set(losses) == set(LOSSES)
    for part in (*model.head.losses.values(), model.roi_head.loss_module):
        part.loss_weight = 1.0
    plain = model(*batch(), mode="loss")
    for name, weight in LOSSES.items():
        torch.testing.assert_close(losses[name], weight * plain[name])


def test_boxes_of_training_are_jittered_and_drawn():
    model = make(max_rois=2)
    crowd = [[10 * i, 5 * i, 10 * i + 30, 5 * i + 60] for i in range(6)]
    _, (sample,) = batch([crowd])
    sample.gt_instance_labels.keypoint_weights[:2] = 0
    truth = sample.gt_instance_labels.bboxes
    seen = set()
    for seed in range(20):
        torch.manual_seed(seed)
        boxes, points, weights = model._draw_people(sample)
        assert boxes.shape == (2, 4) and points.shape == (2, 17, 2)
        assert (weights > 0).all()
        shift = (boxes[:, None] - truth[None]).abs().amax(dim=-1)
        assert shift.amin(dim=1).max() <= 0.15 * 60 and shift.min() > 0
        seen |= set(shift.argmin(dim=1).tolist())
    # people without keypoints are not among them
    assert seen == {2, 3, 4, 5}


def learnt(steps=80, **options):
    model = make(**options)
    images, samples = batch()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        sum(model(images, samples, mode="loss").values()).backward()
        optimizer.step()
    return model.eval()


@pytest.fixture(scope="module")
def model():
    """Knows two images by heart."""
    return learnt()


def assert_found(samples, tolerance):
    for sample, people in zip(samples, PEOPLE, strict=True):
        found = sample.pred_instances
        best = found.bbox_scores > 0.5 * found.bbox_scores.max()
        assert best.sum() == len(people), found.bbox_scores
        corners = to_image(np.array(people, dtype=float).reshape(-1, 2, 2))
        order = np.argsort(found.bboxes[best][:, 0])
        boxes = found.bboxes[best][order].reshape(-1, 2, 2)
        side = corners[:, 1] - corners[:, 0]
        # extended by up to 0.09 of a side, and found within a few pixels
        assert (np.abs(boxes - corners) < 0.09 * side[:, None] + 12).all()
        along = (np.arange(17) + 0.5)[:, None] / 17
        share = np.concatenate([0.3 + 0.4 * along, along], axis=1)
        truth = corners[:, None, 0] + share * side[:, None]
        error = np.linalg.norm(found.keypoints[best][order] - truth, axis=-1)
        assert np.median(error) < tolerance, error


def test_learns_two_images_by_heart(model):
    images, samples = batch()
    # two pixels of the image are one of the input
    assert_found(model(images, samples, mode="predict"), tolerance=12)


def test_predictions_are_complete(model):
    images, samples = batch()
    for sample in model(images, samples, mode="predict"):
        found = sample.pred_instances
        number = len(found.bbox_scores)
        assert 1 <= number <= 20
        assert found.keypoints.shape == (number, 17, 2)
        assert found.keypoint_scores.shape == (number, 17)
        assert (np.diff(found.bbox_scores) <= 0).all()
        assert (found.bbox_scores <= found.keypoint_scores.mean(axis=1)).all()


def test_score_is_box_score_times_mean_keypoint_score(model):
    images, samples = batch()
    feats = model.extract_feat(images)
    ((boxes, scores), _) = model.head.decode(model.head(feats))
    maps = model.roi_head.predict(feats, [boxes, boxes[:0]])
    expected = scores * maps.amax(dim=(2, 3)).mean(dim=1)
    found = model(images, samples, mode="predict")[0].pred_instances
    expected = expected.sort(descending=True).values.detach().numpy()
    np.testing.assert_allclose(found.bbox_scores, expected, rtol=1e-4)


@pytest.mark.parametrize("size", [(128, 128), (100, 128)])
def test_flip_test(model, size):
    images, samples = batch([PEOPLE[1]], size)
    model.test_cfg["flip_test"] = True
    try:
        flipped = model(images, samples, mode="predict")[0].pred_instances
    finally:
        model.test_cfg.pop("flip_test")
    assert np.isfinite(flipped.keypoints).all() and len(flipped.keypoints) >= 1
    # by hand: maps of the mirrored, padded image, turned back
    padded = pad_to_divisor(images)
    feats, others = model.extract_feat(padded), model.extract_feat(padded.flip(-1))
    maps, mirrored = model.head(feats), model.head(others)
    center = (maps.center + mirrored.center.flip(-1)) / 2
    averaged = average_maps(maps, mirrored)
    torch.testing.assert_close(averaged.center, center)
    ((boxes, scores),) = model.head.decode(averaged)
    turned = boxes.clone()
    turned[:, 0], turned[:, 2] = 128 - boxes[:, 2], 128 - boxes[:, 0]
    theirs = model.roi_head.predict(others, [turned]).flip(-1)
    theirs = theirs[:, samples[0].metainfo["flip_indices"]]
    both = (model.roi_head.predict(feats, [boxes]) + theirs) / 2
    ((points, point_scores),) = model.roi_head.decode(both, [boxes])
    order = (scores * point_scores.mean(dim=1)).argsort(descending=True)
    expected = to_image(points[order].detach().numpy(), size)
    np.testing.assert_allclose(flipped.keypoints, expected, atol=1e-2)


def test_mirroring_by_hand():
    boxes = torch.tensor([[10.0, 20, 30, 50]])
    assert mirror_boxes(boxes, 128).tolist() == [[98, 20, 118, 50]]
    assert mirror_boxes(torch.zeros(0, 4), 128).shape == (0, 4)
    row = torch.arange(4.0).reshape(1, 1, 1, 4)
    maps = DenseMaps(row, row.repeat(1, 2, 1, 1), row.repeat(1, 2, 1, 1), None)
    mean = average_maps(maps, maps)
    assert mean.center.flatten().tolist() == [1.5] * 4
    assert torch.equal(mean.offsets, maps.offsets) and mean.lines is None


def test_sizes_that_are_not_multiples_of_64(model):
    images, _ = batch([PEOPLE[1]], (90, 70))
    padded = pad_to_divisor(images)
    assert padded.shape[-2:] == (128, 128)
    assert torch.equal(padded[..., :70, :90], images)
    assert not padded[..., 70:, :].any() and not padded[..., 90:].any()
    assert torch.equal(pad_to_divisor(padded), padded)
    _, samples = batch([PEOPLE[1]], (90, 70))
    losses = model(images, samples, mode="loss")
    assert all(torch.isfinite(loss) for loss in losses.values())
    found = model(images, samples, mode="predict")[0].pred_instances
    assert np.isfinite(found.keypoints).all()


def test_images_without_people():
    model = make()
    images, samples = batch([[], []])
    losses = model(images, samples, mode="loss")
    assert losses["loss_kpt_0"] == 0
    sum(losses.values()).backward()
    model.eval()
    model.head.decoder.score_thr = 1.0
    for sample in model(images, samples, mode="predict"):
        found = sample.pred_instances
        assert found.keypoints.shape == (0, 17, 2) and found.bboxes.shape == (0, 4)
        assert found.bbox_scores.shape == (0,)


def test_ten_thousand_candidates(model):
    images, samples = batch()
    model.head.decoder.max_boxes = 10_000
    try:
        with torch.no_grad():
            found = model(images, samples, mode="predict")[0].pred_instances
    finally:
        model.head.decoder.max_boxes = 20
    assert len(found.bbox_scores) > 20 and np.isfinite(found.keypoints).all()


def test_images_that_are_no_numbers(model):
    images, samples = batch()
    with pytest.raises(InputError, match="not finite"):
        model(images * torch.nan, samples, mode="predict")


def test_cascade_and_pooler_take_the_same_place():
    pooler = dict(type="ROIPooler", in_channels=8, channels=8, num_convs=1, roi_size=6)
    fpn = dict(type="FPN", in_channels=[12, 22, 32], out_channels=8, num_outs=3)
    head = dict(type="CenterLineHead", in_channels=8, channels=8, decoder=CODEC)
    model = make(roi_head=pooler, neck=fpn, head=head)
    losses = model(*batch(), mode="loss")
    assert set(losses) == set(LOSSES)
    assert len(model.eval()(*batch(), mode="predict")) == 2
    two = dict(small_config()["roi_head"], num_guiders=2)
    assert set(make(roi_head=two)(*batch(), mode="loss")) == {*LOSSES, "loss_kpt_1"}


def test_bad_options_and_samples():
    with pytest.raises(ConfigError, match="multi-scale"):
        make(test_cfg=dict(multiscale_test=True))
    images, samples = batch()
    del samples[0].gt_instance_labels.keypoint_weights
    with pytest.raises(InputError, match="no keypoint_weights"):
        make()(images, samples, mode="loss")


PAPER = """
codec = dict(type="CenterLines", input_size=(384, 384))
model = dict(
    type="CGANet",
    backbone=dict(type="TNet"),
    head=dict(type="CenterLineHead", decoder=codec),
    roi_head=dict(type="ROIGuider", num_guiders=2),
)
"""


def test_structure_of_the_paper_s_network(tmp_path: Path):
    path = tmp_path / "config.py"
    path.write_text(PAPER)
    found = count_structure(path)
    assert set(found.parts) == {"backbone", "head", "roi_head"}
    assert found.num_parameters == 13_995_344 + 443_463 + found.parts["roi_head"]
    # twenty boxes of two guiders are most of the work
    assert found.num_multiply_adds > 40 * 1.5e9 + 12e9
