"""CGANetMasks: its losses, what it learns and predicts, the flip test, odd images."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmpose.registry import MODELS

from mmsia.errors import InputError
from mmsia.models.estimators.cganet_masks import mask_scores, to_image
from mmsia.ops.roi_masks import paste_roi_masks
from tests.models.estimators.small_cganet import (
    PEOPLE,
    annotation_of,
    batch,
    small_config,
)


def make(**options):
    torch.manual_seed(0)
    config = small_config(type="CGANetMasks", **options)
    config["roi_head"].update(type="ROIMaskGuider")
    model = MODELS.build(config)
    model.init_weights()
    return model


def truth_of(box):
    """Mask of a person in the original image, by what it is."""
    (outline,) = annotation_of(*box)["segmentation"]
    x, y = (np.array(outline).reshape(-1, 2)[4] * 2 + [-28, -68]).tolist()
    (x1, y1), (x2, y2) = np.reshape(box, (2, 2)) * 2 + [-28, -68]
    rows, columns = np.mgrid[:188, :228] + 0.5
    inside = (rows > y1) & (rows < y2) & (columns > x1) & (columns < x2)
    return inside & ((columns > x) | (rows < y))


@pytest.fixture(scope="module")
def model():
    """Knows two images by heart."""
    model = make()
    images, samples = batch(outlines=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        optimizer.zero_grad()
        sum(model(images, samples, mode="loss").values()).backward()
        optimizer.step()
    return model.eval()


def test_learns_two_images_by_heart(model):
    images, samples = batch(outlines=True)
    for sample, people in zip(
        model(images, samples, mode="predict"), PEOPLE, strict=True
    ):
        found = sample.pred_instances
        best = found.bbox_scores > 0.5 * found.bbox_scores.max()
        assert best.sum() == len(people), found.bbox_scores
        order = np.argsort(found.bboxes[best][:, 0])
        for mask, box in zip(found.masks[best][order], people, strict=True):
            truth = truth_of(box)
            assert (mask & truth).sum() / (mask | truth).sum() > 0.75


def test_predictions_are_complete(model):
    images, samples = batch(outlines=True)
    for sample in model(images, samples, mode="predict"):
        found = sample.pred_instances
        number = len(found.bbox_scores)
        assert 1 <= number <= 20 and found.bboxes.shape == (number, 4)
        assert found.masks.shape == (number, 188, 228) and found.masks.dtype == bool
        assert (np.diff(found.bbox_scores) <= 0).all()
        assert "keypoints" not in found
        rows, columns = np.mgrid[:188, :228] + 0.5
        for mask, (x1, y1, x2, y2) in zip(found.masks, found.bboxes, strict=True):
            inside = (rows >= y1) & (rows < y2) & (columns >= x1) & (columns < x2)
            assert not mask[~inside].any()


def parts_of(model, images):
    """Boxes, scores and maps of the first image by the model's own parts."""
    feats = model.extract_feat(images)
    ((boxes, scores), _) = model.head.decode(model.head(feats))
    maps = model.roi_head.predict(feats, [boxes, boxes[:0]])[:, 0]
    return (part.detach().numpy() for part in (boxes, scores, maps))


@pytest.mark.parametrize("with_masks", [False, True])
def test_scores_are_the_boxes_and_the_masks_if_wanted(model, with_masks):
    images, samples = batch(outlines=True)
    boxes, scores, maps = parts_of(model, images)
    if with_masks:
        scores = scores * mask_scores(maps)
        model.test_cfg["mask_scores"] = True
    try:
        found = model(images, samples, mode="predict")[0].pred_instances
    finally:
        model.test_cfg.pop("mask_scores", None)
    order = np.argsort(-scores, kind="stable")
    np.testing.assert_allclose(found.bbox_scores, scores[order], rtol=1e-4)
    placed = to_image(boxes[order], samples[0].metainfo)
    # two pixels of the image are one of the input
    np.testing.assert_allclose(placed, boxes[order] * 2 + [-28, -68, -28, -68])
    expected = paste_roi_masks(maps[order], placed, (228, 188))
    assert (found.masks != expected).mean() < 1e-4


def test_scores_of_masks_by_hand():
    maps = np.array([[[0.9, 0.5], [0.2, 0.49]], [[0.1, 0.4], [0.0, 0.3]]])
    np.testing.assert_allclose(mask_scores(maps), [0.7, 0])
    assert mask_scores(np.zeros((0, 4, 4))).shape == (0,)


def test_flip_test(model):
    images, samples = batch(outlines=True)
    model.test_cfg["flip_test"] = True
    try:
        shared = model.extract_for_test(images)
        flipped = model(images, samples, mode="predict")[0].pred_instances
    finally:
        model.test_cfg.pop("flip_test")
    found = model.head.decode(shared.maps)
    boxes = [some for some, _ in found]
    turned = [some[:, [2, 1, 0, 3]] * torch.tensor([-1, 1, -1, 1]) for some in boxes]
    turned = [some + torch.tensor([128.0, 0, 128, 0]) for some in turned]
    maps = model.roi_head.predict(shared.feats, boxes)
    others = model.roi_head.predict(shared.mirrored, turned).flip(-1)
    both = ((maps + others) / 2)[: len(boxes[0]), 0].detach().numpy()
    order = np.argsort(-found[0][1].detach().numpy(), kind="stable")
    expected = paste_roi_masks(both[order], flipped.bboxes, (228, 188))
    assert expected.any() and (flipped.masks != expected).mean() < 1e-4


def test_losses_take_people_with_an_outline():
    model = make(max_rois=2)
    images, samples = batch(outlines=True)
    # keypoints have no part in it
    samples[0].gt_instance_labels.keypoint_weights[:] = 0
    samples[1].gt_instance_labels.outlines[:] = torch.nan
    drawn = [model._draw_people(sample) for sample in samples]
    assert [len(boxes) for boxes, _ in drawn] == [2, 0]
    assert drawn[0][1].shape == (2, 8, 2)
    losses = model(images, samples, mode="loss")
    assert "loss_mask_0" in losses and "loss_kpt_0" not in losses
    assert all(torch.isfinite(loss) and loss > 0 for loss in losses.values())
    assert {*losses} - {"loss_mask_0"} == {*make()(images, samples, mode="loss")} - {
        "loss_mask_0"
    }


def test_images_without_people(model):
    fresh = make()
    images, samples = batch([[], []], outlines=True)
    losses = fresh(images, samples, mode="loss")
    assert losses["loss_mask_0"] == 0
    sum(losses.values()).backward()
    model.head.decoder.score_thr = 1.0
    try:
        found = model(images, samples, mode="predict")
    finally:
        model.head.decoder.score_thr = 0.0
    for sample in found:
        assert sample.pred_instances.masks.shape == (0, 188, 228)
        assert sample.pred_instances.bboxes.shape == (0, 4)


def test_samples_without_outlines():
    images, samples = batch()
    with pytest.raises(InputError, match=r"labels of a training sample.*no outlines"):
        make()(images, samples, mode="loss")
