"""CenterNetPoseHead: maps, losses by hand, flip test, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers the parts
from mmsia.codecs import CenterNetPose
from mmsia.errors import ConfigError, InputError
from mmsia.models.heads.centernet_pose_head import (
    LOSSES,
    PoseMaps,
    average_pose_maps,
)

SIZE, CELLS = (128, 96), (24, 32)
CODEC = dict(type="CenterNetPose", input_size=SIZE, num_keypoints=3)
PEOPLE = (
    # the second one's keypoints nobody annotated
    ([[10.0, 8, 50, 90], [70, 20, 121, 80]], [[1, 1, 1], [0, 0, 0]]),
    ([[33, 12, 71, 95]], [[1, 0, 1]]),
    ([], []),
)
FLIP = [0, 2, 1]


def make(**options):
    torch.manual_seed(0)
    small = dict(in_channels=6, num_keypoints=3, channels=8, decoder=CODEC)
    head = MODELS.build({"type": "CenterNetPoseHead", **small, **options})
    head.init_weights()
    return head


def samples_of(people=PEOPLE):
    codec = CenterNetPose(SIZE, num_keypoints=3)
    samples = []
    for boxes, visible in people:
        boxes = np.array(boxes, dtype=float).reshape(-1, 4)
        share = np.array([[0.1, 0.2], [0.9, 0.4], [0.5, 0.9]])
        points = boxes[:, None, :2] + share * (boxes[:, None, 2:] - boxes[:, None, :2])
        visible = np.array(visible, dtype=float).reshape(-1, 3)
        encoded = codec.encode(points, visible, boxes)
        sample = PoseDataSample(metainfo=dict(flip_indices=FLIP))
        sample.gt_fields, sample.gt_instance_labels = PixelData(), InstanceData()
        for name in codec.field_mapping_table:
            sample.gt_fields.set_field(torch.as_tensor(encoded[name]), name)
        for name in codec.label_mapping_table:
            sample.gt_instance_labels.set_field(torch.as_tensor(encoded[name]), name)
        samples.append(sample)
    return samples


def feats(number=3, stacks=2):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(number, 6, *CELLS, generator=generator) for _ in range(stacks)]


def test_maps():
    maps = make()(feats())
    channels = [1, 2, 2, 6, 3, 2]
    assert [tuple(m.shape) for m in maps] == [(3, c, *CELLS) for c in channels]
    for probabilities in (maps.center, maps.keypoint_heatmaps):
        assert 0.05 < probabilities.mean() < 0.2


def focal(guess, target):
    peak = target == 1
    hit = ((1 - guess[peak]) ** 2 * guess[peak].log()).sum()
    miss = ((1 - target) ** 4 * guess**2 * (1 - guess).log())[~peak].sum()
    return -(hit + miss) / max(int(peak.sum()), 1)


def test_losses_by_hand():
    """As the released code has them, with loops: sums over what is annotated."""
    head, samples = make(num_stacks=1), samples_of()
    inputs = feats(stacks=1)
    maps, losses = head(inputs), head.loss(inputs, samples)
    assert set(losses) == {f"loss_{name}" for name in LOSSES}
    fields = [sample.gt_fields for sample in samples]
    heat = torch.stack([field.center_heatmap for field in fields])
    expected = {"center": focal(maps.center, heat)}
    heat = torch.stack([field.keypoint_heatmaps for field in fields])
    expected["keypoint_heatmaps"] = focal(maps.keypoint_heatmaps, heat)
    parts = {name: [] for name in LOSSES if name not in expected}
    for image, sample in enumerate(samples):
        for person in sample.gt_instance_labels:
            x, y = person.center_cells[0]
            if person.center_weights[0]:
                for name in ("sizes", "center_offsets"):
                    at = getattr(maps, name)[image, :, y, x]
                    parts[name] += (at - person[name][0]).abs().tolist()
            for kind in person.keypoint_weights[0].nonzero()[:, 0].tolist():
                at = maps.keypoint_offsets[image, 2 * kind : 2 * kind + 2, y, x]
                error = (at - person.keypoint_offsets[0, kind]).abs()
                parts["keypoint_offsets"] += error.tolist()
                u, v = person.keypoint_cells[0, kind]
                at = maps.cell_offsets[image, :, v, u]
                error = (at - person.cell_offsets[0, kind]).abs()
                parts["cell_offsets"] += error.tolist()
    assert [len(values) for values in parts.values()] == [4, 4, 10, 10]
    expected |= {name: torch.tensor(values).mean() for name, values in parts.items()}
    expected["sizes"] *= 0.1
    for name, value in expected.items():
        assert losses[f"loss_{name}"].item() == pytest.approx(value.item(), rel=1e-5)


def test_stacks_learn_alike_and_the_last_one_predicts():
    head, inputs, samples = make(), feats(), samples_of()
    both = head.loss(inputs, samples)
    for name, branch in head.branches.items():
        assert len(branch) == 2, name
        branch[0].load_state_dict(branch[1].state_dict())
    first = head.loss([inputs[0], inputs[0]], samples)
    last = head.loss([inputs[1], inputs[1]], samples)
    mean = head.loss(inputs, samples)
    for name in both:
        torch.testing.assert_close(mean[name], (first[name] + last[name]) / 2)
    maps = head(inputs)
    assert torch.equal(maps.center, head([inputs[0] * 0, inputs[1]]).center)


def test_images_without_people_have_finite_losses_and_gradients():
    head = make()
    losses = head.loss(feats(1), samples_of(PEOPLE[2:]))
    for name in ("sizes", "center_offsets", "keypoint_offsets", "cell_offsets"):
        assert losses[f"loss_{name}"] == 0
    assert losses["loss_center"] > 0
    sum(losses.values()).backward()
    assert all(torch.isfinite(p.grad).all() for p in head.parameters())


def test_a_flip_test_averages_what_the_released_code_averages():
    generator = torch.Generator().manual_seed(1)
    shapes = [(3, number, *CELLS) for number in (1, 2, 2, 6, 3, 2)]
    maps, mirrored = (
        PoseMaps(*(torch.rand(shape, generator=generator) for shape in shapes))
        for _ in range(2)
    )
    mean = average_pose_maps(maps, mirrored, FLIP)
    x, y, back = 5, 7, CELLS[1] - 1 - 5

    def at(tensor):
        return tensor[1, :, y, x]

    def there(tensor):
        return tensor[1, :, y, back]

    assert torch.equal(mean.center_offsets, maps.center_offsets)
    assert torch.equal(mean.cell_offsets, maps.cell_offsets)
    for name in ("center", "sizes"):
        both = at(getattr(maps, name)) + there(getattr(mirrored, name))
        torch.testing.assert_close(at(getattr(mean, name)), both / 2)
    both = at(maps.keypoint_heatmaps) + there(mirrored.keypoint_heatmaps)[FLIP]
    torch.testing.assert_close(at(mean.keypoint_heatmaps), both / 2)
    theirs = there(mirrored.keypoint_offsets).reshape(3, 2)[FLIP]
    theirs = theirs * torch.tensor([-1.0, 1.0])
    both = (at(maps.keypoint_offsets) + theirs.flatten()) / 2
    torch.testing.assert_close(at(mean.keypoint_offsets), both)


def test_predicts_instances_with_and_without_flip():
    head, samples = make(), samples_of()
    plain = head.predict(feats(), samples)
    flipped = head.predict([feats(), feats()], samples, {"flip_test": True})
    for poses in (*plain, *flipped):
        number = len(poses.bbox_scores)
        assert 0 < number <= 100 and (np.diff(poses.bbox_scores) <= 0).all()
        assert poses.keypoints.shape == (number, 3, 2)
        assert poses.keypoint_scores.shape == (number, 3)
        assert poses.bboxes.shape == (number, 4)


def test_wrong_configs_and_maps_are_named():
    with pytest.raises(ConfigError, match=r"losses.*cell_offsets"):
        make(losses={"wh": {}})
    with pytest.raises(ConfigError, match="2 feature maps"):
        make()(feats(stacks=1))
    with pytest.raises(ConfigError, match="multi-scale"):
        make().predict(feats(), samples_of(), {"multiscale_test": True})
    with pytest.raises(ConfigError, match="no decoder"):
        make(decoder=None).predict(feats(), samples_of())
    samples = samples_of()
    samples[0].gt_fields = PixelData(heatmaps=torch.zeros(1, *CELLS))
    with pytest.raises(ConfigError, match="draws no center_heatmap"):
        make().loss(feats(), samples)
    with pytest.raises(InputError, match="not finite"):
        make().predict([f * np.nan for f in feats()], samples_of())
