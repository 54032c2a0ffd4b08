"""KLPNet: what it learns from, what comes out, and what it makes of odd input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import merge_data_samples

from mmsia.datasets.simulated.objects import write_objects
from mmsia.errors import ConfigError, InputError
from mmsia.models.estimators.klpnet_nodes import annotated_nodes
from tests.models.estimators.small_klpnet import CODEC, batch_of, build

LINK_LOSSES = ["loss_link_adjacency", "loss_link_class", "loss_link_kl"]
SENSITIVE = dict(type="CKLMHead", decoder=CODEC | dict(score_thr=0.0, max_peaks=9))
"""Finds peaks without any training."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("objects")
    write_objects(path, 28, 0, preset="smoke", split="train")
    return path


def test_the_heads_take_channels_and_stages_from_the_backbone():
    model = build()
    assert model.templates.bank.sums.shape == (3, 12, 16)
    assert model.link_head.feature_dim == 16
    assert len(model.head.predictors) == 2


def test_nodes_by_hand(folder):
    model = build()
    inputs, samples = batch_of(folder, model, 2)
    finest = model.extract_feat(inputs)[-1][-1]
    found = annotated_nodes(finest, samples, model.head.decoder)
    nodes, adjacency = found.to_links()
    for number, sample in enumerate(samples):
        truth = sample.gt_instances
        places = truth.transformed_keypoints[0]
        inside = ((places >= 0) & (places < 64)).all(axis=1)
        parts = np.flatnonzero(inside & (truth.keypoints_visible[0] > 0))
        np.testing.assert_array_equal(found.parts[number], parts)
        assert nodes.mask[number].sum() == len(parts)
        # a keypoint on a cell's middle has the cell's features, others between
        low, high = truth.bboxes[0, :2], truth.bboxes[0, 2:]
        expected = (truth.keypoints[0, parts] - low) / (high - low)
        got = nodes.positions[number, : len(parts)].detach().numpy()
        np.testing.assert_allclose(got, expected, atol=1e-5)
        links = {tuple(sorted(pair)) for pair in sample.metainfo["skeleton_links"]}
        for i, first in enumerate(parts):
            for j, second in enumerate(parts):
                linked = i == j or tuple(sorted((first, second))) in links
                assert adjacency[number, i, j] == linked


def test_features_of_nodes_are_those_that_a_test_reads(folder):
    model = build()
    inputs, samples = batch_of(folder, model, 1)
    with torch.no_grad():
        feats = model.extract_feat(inputs)
        found = annotated_nodes(feats[-1][-1], samples, model.head.decoder)
        places = samples[0].gt_instances.transformed_keypoints[0, found.parts[0]]
        expected = model.head.describe(feats, 0, places)
    torch.testing.assert_close(found.features[0], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("joint", [True, False])
def test_links_train_the_keypoints_only_if_joint(folder, joint):
    model = build(joint=joint).train()
    inputs, samples = batch_of(folder, model, 4)
    losses = model.loss(inputs, samples)
    assert set(LINK_LOSSES) < set(losses)
    sum(losses[name] for name in LINK_LOSSES).backward()
    trunk = [p.grad for p in model.backbone.parameters() if p.grad is not None]
    assert any(g.abs().sum() > 0 for g in trunk) == joint
    own = [p.grad for p in model.link_head.parameters() if p.grad is not None]
    assert any(g.abs().sum() > 0 for g in own)


def test_equation_8_weighs_both_parts(folder):
    def losses(**options):
        model = build(**options)
        inputs, samples = batch_of(folder, model, 3)
        torch.manual_seed(1)
        return model.loss(inputs, samples)

    plain, weighed = losses(), losses(keypoint_weight=0.5, link_weight=3.0)
    assert plain.keys() == weighed.keys()
    for name, loss in plain.items():
        factor = 3.0 if name in LINK_LOSSES else 0.5
        torch.testing.assert_close(weighed[name], factor * loss)


def test_predictions_have_keypoints_parts_and_links(folder):
    model = build(head=SENSITIVE, test_cfg=dict(flip_test=True))
    inputs, samples = batch_of(folder, model, 3)
    with torch.no_grad():
        results = model.predict(inputs, samples)
    for sample in results:
        found = sample.pred_instances
        number = found.keypoints.shape[1]
        assert 0 < number <= 9 and len(found) == 1
        assert found.keypoint_scores.shape == (1, number)
        assert found.keypoint_features.shape == (1, number, 16)
        # nothing was learned of parts
        assert (found.keypoint_parts == -1).all() and (found.part_peaks == -1).all()
        assert found.labels[0] == sample.metainfo["category_id"]
        pairs, scores = found.links[0], found.link_scores[0]
        assert (pairs[:, 0] < pairs[:, 1]).all() and pairs.max(initial=0) < number
        assert len(scores) == len(pairs) and (scores >= 0.5).all()


def test_keypoints_are_in_pixels_of_the_image(folder):
    model = build(head=SENSITIVE)
    inputs, samples = batch_of(folder, model, 3)
    with torch.no_grad():
        cropped = model.head.predict(model.extract_feat(inputs), samples)
        results = model.predict(inputs, samples)
    for crop, sample in zip(cropped, results, strict=True):
        box = sample.gt_instances.bboxes[0]
        side = 1.5 * (box[2:] - box[:2]).max()
        corner = (box[:2] + box[2:]) / 2 - side / 2
        expected = crop.keypoints * side / 64 + corner
        np.testing.assert_allclose(sample.pred_instances.keypoints, expected, atol=1e-3)


def test_a_batch_gives_what_each_alone_gives(folder):
    model = build(head=SENSITIVE)
    inputs, samples = batch_of(folder, model, 4)
    with torch.no_grad():
        together = [s.pred_instances for s in model.predict(inputs, samples)]
        for number, one in enumerate(together):
            again = batch_of(folder, model, 4)[1][number]
            (alone,) = model.predict(inputs[number : number + 1], [again])
            alone = alone.pred_instances
            np.testing.assert_allclose(alone.keypoints, one.keypoints, atol=1e-3)
            np.testing.assert_array_equal(alone.links[0], one.links[0])


def test_crops_without_any_peak(folder):
    model = build(head=dict(type="CKLMHead", decoder=CODEC | dict(score_thr=1.0)))
    inputs, samples = batch_of(folder, model)
    model.lis = True
    with torch.no_grad():
        for sample in model.predict(inputs, samples):
            assert sample.pred_instances.keypoints.shape == (1, 0, 2)
            assert sample.pred_instances.links[0].shape == (0, 2)


def test_lis_wants_all_objects_of_an_image(folder):
    model = build(head=SENSITIVE, test_cfg=dict(lis=True))
    inputs, samples = batch_of(folder, model)
    many = [s.metainfo["image_objects"] for s in samples]
    assert max(many) > 1
    with torch.no_grad():
        assert len(model.predict(inputs, samples)) == len(samples)
        cut = many.index(max(many)) + 1
        with pytest.raises(ConfigError, match="WholeImageBatchSampler"):
            model.predict(inputs[:cut], samples[:cut])


def test_a_sample_without_category_gets_clpgms_guess(folder):
    model = build(head=SENSITIVE)
    inputs, samples = batch_of(folder, model, 2)
    # the classifier's last layer says: a car
    with torch.no_grad():
        model.link_head.classifier[-1].bias.copy_(torch.tensor([0.0, 99.0, 0.0]))
        samples[0].set_metainfo(dict(category_id=None))
        found = model.predict(inputs, samples)
    assert found[0].pred_instances.labels[0] == 1
    assert found[1].pred_instances.labels[0] == samples[1].metainfo["category_id"]


def test_without_category_and_links_nothing_is_known(folder):
    model = build(head=SENSITIVE, link_head=None, test_cfg=dict(lis=True))
    inputs, samples = batch_of(folder, model)
    for sample in samples:
        sample.set_metainfo(dict(category_id=None))
    with torch.no_grad():
        found = model.predict(inputs, samples)
    assert all((one.pred_instances.labels == -1).all() for one in found)
    assert "links" not in found[0].pred_instances


def test_padded_objects_can_be_merged_as_inferencers_do(folder):
    codec = CODEC | dict(score_thr=0.0179, max_peaks=100)
    model = build(
        head=dict(type="CKLMHead", decoder=codec), test_cfg=dict(pad_keypoints=True)
    )
    inputs, samples = batch_of(folder, model, 3)
    for sample in samples:
        # an inferencer knows no keypoints
        boxes = sample.gt_instances
        sample.gt_instances = InstanceData(
            bboxes=boxes.bboxes, bbox_scores=boxes.bbox_scores
        )
    with torch.no_grad():
        results = model.predict(inputs, samples)
    shapes = {one.pred_instances.keypoints.shape for one in results}
    assert len(shapes) == 1
    merged = merge_data_samples(results).pred_instances
    assert len(merged) == 3 and len(merged.links) == 3
    padded = merged.keypoint_scores == 0
    assert (merged.keypoint_parts[padded] == -1).all()


def test_an_unknown_category(folder):
    model = build(head=SENSITIVE)
    inputs, samples = batch_of(folder, model, 1)
    samples[0].set_metainfo(dict(category_id=3))
    with torch.no_grad(), pytest.raises(InputError, match="0 to 2"):
        model.predict(inputs, samples)


def test_samples_packed_without_what_links_need(folder):
    model = build()
    inputs, samples = batch_of(folder, model, 1)
    del samples[0].gt_instances.transformed_keypoints
    with pytest.raises(ConfigError, match="pack_transformed=True"):
        model.loss(inputs, samples)


def test_no_categories():
    with pytest.raises(ConfigError, match="num_classes"):
        build(num_classes=0)


def test_objects_without_annotated_keypoints_have_no_links_to_learn(folder):
    model = build(joint=True)
    inputs, samples = batch_of(folder, model, 2)
    for number, sample in enumerate(samples):
        # none, and one
        visible = np.zeros_like(sample.gt_instances.keypoints_visible)
        visible[0, :number] = 1
        sample.gt_instances.keypoints_visible = visible
    losses = model.loss(inputs, samples)
    assert all(torch.isfinite(loss) for loss in losses.values())
    sum(losses.values()).backward()


def test_lis_can_be_a_variant_of_one_test(folder):
    """What VariantTestLoop does: the same features with LIS and without."""
    model = build(head=SENSITIVE)
    inputs, samples = batch_of(folder, model)
    with torch.no_grad():
        shared = model.extract_for_test(inputs)
        found = {}
        for lis in (False, True, False):
            model.lis = lis
            given = [sample.clone() for sample in samples]
            results = model.predict_from(shared, given)
            found.setdefault(lis, []).append(
                [one.pred_instances.keypoints.copy() for one in results]
            )
    for first, again in zip(*found[False], strict=True):
        np.testing.assert_array_equal(first, again)
