from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers
from mmsia.engine.start_weights import StartWeightsHook
from mmsia.errors import DataError

BACKBONE = {
    "type": "NarrowHourglassNet",
    "downsample_times": 1,
    "num_stacks": 1,
    "stage_channels": (8, 8),
    "stage_blocks": (1, 1),
    "feat_channel": 8,
}
HEAD = {"type": "OffsetGuidedHead", "in_channels": 8, "num_stacks": 1}


@pytest.fixture
def model():
    init_default_scope("mmpose")
    estimator = {"type": "BottomupPoseEstimator", "backbone": BACKBONE, "head": HEAD}
    return MODELS.build(estimator)


@pytest.fixture
def centernet_file(model, tmp_path):
    """Backbone weights of value 2 under CenterNet's names, and a head of its own."""
    names = (
        ("stem.0.", "pre.0."),
        ("stem.1.0.", "pre.1."),
        ("hourglass_modules.", "kps."),
        ("out_convs.", "cnvs."),
        (".downsample.", ".skip."),
    )
    state = {"hm.0.1.bias": torch.zeros(1)}
    for name, tensor in model.backbone.state_dict().items():
        for ours, theirs in names:
            name = name.replace(ours, theirs)
        state[name] = torch.full_like(tensor, 2)
    torch.save({"epoch": 320, "state_dict": state}, tmp_path / "multi_pose.pth")
    return tmp_path / "multi_pose.pth"


def test_a_training_starts_from_centernets_backbone(model, centernet_file):
    head = model.head.offset_convs[0].weight.clone()
    runner = SimpleNamespace(iter=0, model=model)
    StartWeightsHook(str(centernet_file)).before_train(runner)
    assert all((t == 2).all() for t in model.backbone.state_dict().values())
    torch.testing.assert_close(model.head.offset_convs[0].weight, head)


def test_a_resumed_training_keeps_its_weights(model, centernet_file):
    before = model.backbone.stem[0].conv.weight.clone()
    runner = SimpleNamespace(iter=7, model=model)
    StartWeightsHook(str(centernet_file)).before_train(runner)
    torch.testing.assert_close(model.backbone.stem[0].conv.weight, before)


def test_weights_of_another_network_are_refused(model, tmp_path):
    torch.save({"backbone.stem.0.conv.weight": torch.zeros(3)}, tmp_path / "x.pth")
    runner = SimpleNamespace(iter=0, model=model)
    with pytest.raises(DataError, match="not those of this model"):
        StartWeightsHook(str(tmp_path / "x.pth")).before_train(runner)


def test_a_part_of_which_the_file_has_nothing_stays_as_it_was(model, tmp_path):
    """As R-SiaPose's rotation network when it starts from SiaPose."""
    state = {name: torch.full_like(t, 2) for name, t in model.state_dict().items()}
    torch.save(state, tmp_path / "trained.pth")
    model.rotation = torch.nn.Linear(2, 2)
    before = model.rotation.weight.clone()
    runner = SimpleNamespace(iter=0, model=model)
    StartWeightsHook(str(tmp_path / "trained.pth")).before_train(runner)
    assert (model.head.offset_convs[0].weight == 2).all()
    torch.testing.assert_close(model.rotation.weight, before)
    # a part that is there but for one tensor is another network's
    del state["head.offset_convs.0.weight"]
    torch.save(state, tmp_path / "cut.pth")
    with pytest.raises(DataError, match="1 missing: head"):
        StartWeightsHook(str(tmp_path / "cut.pth")).before_train(runner)
