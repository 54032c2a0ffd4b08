"""DIR from images to scored hands, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

import mmsia.all  # noqa: F401, registers the estimator
from mmsia.errors import DataError, InputError
from mmsia.evaluation.hand_mesh_metric import ANSWER, HandMeshError
from mmsia.models.estimators import DIR
from mmsia.models.heads.two_hands_head import TwoHands
from mmsia.models.layers.hand_decoder import HandDecoder, HandEstimate

SIZE = 64
CAMERA = np.array([[300.0, 0, 32], [0, 300, 32], [0, 0, 1]])
OFFSET = torch.tensor([[0.4, -0.2, 0.1], [0.5, 0.3, -0.2]])


def make(**options: Any) -> DIR:
    init_default_scope("mmpose")
    torch.manual_seed(0)
    backbone = dict(
        type="ResNet",
        depth=18,
        stem_channels=8,
        base_channels=8,
        out_indices=(1, 2, 3),
    )
    small = dict(channels=8, joint_channels=8, features=4)
    head = dict(type="TwoHandsHead", in_channels=(16, 32, 64), **small, **options)
    return MODELS.build(dict(type="DIR", backbone=backbone, head=head))


def images(batch: int = 2, height: int = SIZE, width: int = SIZE) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(batch, 3, height, width, generator=generator)


def true_hands(root: str = "wrist") -> HandEstimate:
    generator = torch.Generator().manual_seed(1)
    numbers = 0.3 * torch.randn(2, 2, 64, generator=generator)
    numbers[..., 61:] = torch.tensor([5.0, 0, 0])
    return HandDecoder(root=root)(numbers, OFFSET)


def samples() -> list[PoseDataSample]:
    hands = true_hands().hands
    made = []
    for number in range(2):
        mesh = hands.vertices[number].clone()
        mesh[1] += 0.15 * OFFSET[number]
        mesh[..., 2] += 1
        sample = PoseDataSample(metainfo=dict(id=number + 7, camera=CAMERA))
        sample.gt_instances = InstanceData(vertices=mesh)
        classes = torch.arange(SIZE * SIZE).view(1, SIZE, SIZE) % 3
        dense = torch.full((3, SIZE, SIZE), 0.5)
        sample.gt_fields = PixelData(classes=classes, dense=dense)
        made.append(sample)
    return made


def test_a_step_of_training_with_42_terms() -> None:
    model = make()
    terms = model(images(), samples(), mode="loss")
    assert len(terms) == 42
    total, logged = model.parse_losses(terms)
    total.backward()
    assert logged["loss"].item() == pytest.approx(sum(terms.values()).item())
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


def test_predicts_hands_in_one_frame_and_earlier_ones() -> None:
    model = make().eval()
    with torch.no_grad():
        found = model(images(), mode="tensor", data_samples=None)
        predicted = model(images(), samples(), mode="predict")
    for number, sample in enumerate(predicted):
        for field, name in (
            ("pred_initial", "initial"),
            ("pred_stage1", "stage1"),
            ("pred_instances", "stage2"),
        ):
            said, meant = getattr(sample, field), found.estimates[name]
            assert len(said) == 2
            apart = said.roots[1] - said.roots[0]
            torch.testing.assert_close(apart, 0.15 * meant.hands.offset[number])
            own = said.joints - said.roots[:, None]
            torch.testing.assert_close(own, meant.hands.joints[number])
            scale, shift = said.camera.split((1, 2), dim=-1)
            seen = scale[:, None] * own[..., :2] + shift[:, None]
            pixels = (seen + 1) * SIZE / 2
            torch.testing.assert_close(said.keypoints, pixels)
        assert sample.pred_fields.classes.shape == (1, SIZE // 8, SIZE // 8)
        assert sample.pred_fields.dense.shape == (3, SIZE // 8, SIZE // 8)


@pytest.mark.parametrize("root", ["wrist", "middle_mcp"])
def test_the_truth_said_by_the_network_is_scored_without_error(
    root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever root joint the network tells places from."""
    model = make(num_stages=0, root=root)
    told = model._truth(images(), samples())
    estimate = HandEstimate(true_hands(root).parameters, told)
    monkeypatch.setattr(
        model.head, "forward", lambda _: TwoHands({"a": estimate}, None)
    )
    metric = HandMeshError()
    predicted = model(images(), samples(), mode="predict")
    metric.process(None, [sample.to_dict() for sample in predicted])
    scores = metric.compute_metrics(metric.results)
    assert scores["mpjpe"] < 1e-3 and scores["mpvpe"] < 1e-3
    assert scores["mrrpe"] < 1e-3 and scores["miaa"] < 1e-3


@pytest.mark.parametrize("field", ["pred_initial", "pred_stage1", "pred_instances"])
def test_every_estimate_can_be_scored(field: str) -> None:
    """By the error's definition: joints from the wrist, millimetres."""
    model = make().eval()
    metric = HandMeshError(scale=False, stages=True)
    with torch.no_grad():
        predicted = model(images(), samples(), mode="predict")
    metric.process(None, [sample.to_dict() for sample in predicted])
    scores = metric.compute_metrics(metric.results)
    truth = model._truth(images(), samples())
    own = torch.stack(
        [(s.get(field).joints - s.get(field).roots[:, None]) for s in predicted]
    )
    wanted = 1000 * (own - truth.joints).norm(dim=-1).mean().item()
    prefix = "" if field == ANSWER else f"{field.removeprefix('pred_')}/"
    assert scores[f"{prefix}mpjpe"] == pytest.approx(wanted, rel=1e-4)


def test_a_network_without_maps_needs_none() -> None:
    model = make(maps=False)
    bare = samples()
    for sample in bare:
        del sample.gt_fields
    assert len(model(images(), bare, mode="loss")) == 39
    assert not hasattr(model(images(), bare, mode="predict")[0], "_pred_heatmaps")
    with pytest.raises(
        DataError, match=r"true maps of image 7.*no classes and no dense"
    ):
        make()(images(), bare, mode="loss")


def test_odd_images_are_refused() -> None:
    model = make(num_stages=0)
    for height, width in ((SIZE, 32), (60, 60), (65, 65)):
        with pytest.raises(InputError, match=f"multiple of 32.*{width} x {height}"):
            model(images(1, height, width), None, mode="tensor")


def test_images_without_both_hands_or_a_camera_are_named() -> None:
    model = make(num_stages=0)
    one = samples()
    one[1].gt_instances = InstanceData(vertices=one[1].gt_instances.vertices[:1])
    with pytest.raises(DataError, match=r"image 8.*\(1, 778, 3\).*one hand"):
        model(images(), one, mode="loss")
    bare = [PoseDataSample(metainfo=dict(id=3, camera=CAMERA)) for _ in range(2)]
    with pytest.raises(DataError, match=r"image 3.*got none"):
        model(images(), bare, mode="loss")
    blind = samples()
    blind[0].set_metainfo(dict(camera=CAMERA[:2]))
    with pytest.raises(DataError, match=r"camera of image 7.*\(2, 3\)"):
        model(images(), blind, mode="loss")
