from __future__ import annotations

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers
from mmsia.errors import DataError
from mmsia.models.weights.loading import (
    check_weights,
    find_state_dict,
    load_weights,
    read_checkpoint,
)


class Trap:
    """Pickles to code that leaves a file behind when it is loaded."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.fixture
def model():
    init_default_scope("mmpose")
    backbone = {
        "type": "NarrowHourglassNet",
        "downsample_times": 1,
        "num_stacks": 1,
        "stage_channels": (8, 8),
        "stage_blocks": (1, 1),
        "feat_channel": 8,
    }
    head = {"type": "OffsetGuidedHead", "in_channels": 8, "num_stacks": 1}
    model = {"type": "BottomupPoseEstimator", "backbone": backbone, "head": head}
    return MODELS.build(model)


def other_state(model):
    return {name: torch.full_like(t, 2) for name, t in model.state_dict().items()}


@pytest.mark.parametrize("container", [None, "state_dict", "model_state_dict"])
def test_weights_reach_the_model(model, tmp_path, container):
    state = other_state(model)
    path = tmp_path / "weights.pth"
    torch.save(state if container is None else {"epoch": 3, container: state}, path)
    assert load_weights(model, path) == "mmsia"
    assert all((t == 2).all() for t in model.state_dict().values())


def test_safetensors_are_read(model, tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "weights.safetensors"
    save_file(other_state(model), path)
    load_weights(model, path)
    assert all((t == 2).all() for t in model.state_dict().values())


def test_a_pickle_that_runs_code_is_refused_and_named(model, tmp_path):
    path, mark = tmp_path / "hostile.pth", tmp_path / "ran"
    torch.save({"state_dict": other_state(model), "extra": Trap(mark)}, path)
    with pytest.raises(DataError, match=r"more than weights.*open.*--trust"):
        load_weights(model, path)
    assert not mark.exists()
    load_weights(model, path, trust=True)
    assert mark.exists()


def test_missing_left_over_and_misshapen_weights_are_listed(model, tmp_path):
    state = other_state(model)
    del state["head.offset_convs.0.bias"]
    state["head.extra"] = torch.zeros(1)
    state["head.keypoint_convs.0.bias"] = torch.zeros(3)
    with pytest.raises(DataError) as caught:
        check_weights(state, model, "x.pth")
    message = str(caught.value)
    assert "1 missing: head.offset_convs.0.bias" in message
    assert "1 left over: head.extra" in message
    assert "head.keypoint_convs.0.bias (3,) for (17,)" in message


def test_the_backbone_alone_starts_a_training_but_is_no_model(model, tmp_path):
    backbone = {n: t for n, t in other_state(model).items() if n.startswith("backbone")}
    path = tmp_path / "backbone.pth"
    torch.save(backbone, path)
    with pytest.raises(DataError, match="4 missing: head"):
        load_weights(model, path)
    before = model.head.offset_convs[0].weight.clone()
    load_weights(model, path, start=True)
    assert (model.backbone.stem[0].conv.weight == 2).all()
    torch.testing.assert_close(model.head.offset_convs[0].weight, before)


def test_counters_of_batch_norm_may_be_absent(model, tmp_path):
    state = other_state(model)
    state = {n: t for n, t in state.items() if "num_batches" not in n}
    check_weights(state, model, "x.pth")


def test_bad_files_are_named(model, tmp_path):
    with pytest.raises(DataError, match=r"nothing at that path"):
        read_checkpoint(tmp_path / "none.pth")
    whole, cut = tmp_path / "whole.pth", tmp_path / "cut.pth"
    torch.save(other_state(model), whole)
    cut.write_bytes(whole.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"cut\.pth.*(damaged|more than weights)"):
        read_checkpoint(cut)
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(DataError, match="damaged"):
        read_checkpoint(tmp_path / "text.safetensors")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(DataError, match="got list"):
        read_checkpoint(tmp_path / "list.pth")
    with pytest.raises(DataError, match="holds no weights"):
        find_state_dict({"epoch": 3}, "x.pth")
