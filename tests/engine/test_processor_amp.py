"""The five methods under bfloat16 on a processor, and trainings that change to it."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import nn

import mmsia.all  # noqa: F401, registers the parts
from mmsia.datasets.simulated.objects import write_objects
from mmsia.engine import ProcessorAmpOptimWrapper
from mmsia.engine.run_config import load_run_config
from mmsia.errors import ConfigError
from mmsia.paths import project_root
from tests.models.estimators import (
    small_cganet,
    small_hands,
    small_klpnet,
    test_dir,
)
from tests.models.heads.test_offset_guided_head import person, sample_of

STEPS = 4
CLOSE = 0.1
"""Of losses. bfloat16 rounds by up to 2^-9, some ten layers deep in each network."""


def of_gog(_):
    model = load_run_config(project_root() / "configs" / "gog" / "gog_tiny.py").model
    model.backbone.update(stage_channels=(16, 16, 16, 16), feat_channel=16)
    model.head.in_channels = 16
    model = MODELS.build(model)
    size = model.head.decoder.input_size
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, 3, *size[::-1], generator=generator)
    people = [[person()], [person((20.0, 10.0))]]
    return model, images, [sample_of(model.head.decoder, each) for each in people]


def of_cganet(_):
    return MODELS.build(small_cganet.small_config()), *small_cganet.batch()


def of_siagcn(_):
    model = MODELS.build(small_hands.small_config())
    return model, *small_hands.batch([0.3, -0.5])


def of_klpnet(folder):
    write_objects(folder, 12, 0, preset="smoke", split="train")
    model = small_klpnet.build()
    return model, *small_klpnet.batch_of(folder, model)


def of_dir(_):
    return test_dir.make(), test_dir.images(), test_dir.samples()


METHODS = [of_gog, of_cganet, of_siagcn, of_klpnet, of_dir]


def train(model, images, samples, wrapper):
    """The loss of every step, and the types of what convolutions put out."""
    kinds = set()

    def note(module, _, output):
        kinds.add(output.dtype)

    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(note)
    torch.manual_seed(0)
    model.train()
    losses = []
    for _ in range(STEPS):
        with wrapper.optim_context(model):
            parts = model(images, copy.deepcopy(samples), mode="loss")
        total, logged = model.parse_losses(parts)
        assert total.dtype == torch.float32
        assert all(math.isfinite(part.item()) for part in logged.values())
        wrapper.update_params(total)
        losses.append(total.item())
    return losses, kinds


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__[3:])
def test_a_method_trains_in_half_precision(method, tmp_path):
    init_default_scope("mmpose")
    torch.manual_seed(0)
    model, images, samples = method(tmp_path)
    found = {}
    for wrapper in (OptimWrapper, ProcessorAmpOptimWrapper):
        own = copy.deepcopy(model)
        optimizer = torch.optim.Adam(own.parameters(), lr=1e-4)
        found[wrapper] = train(own, images, samples, wrapper(optimizer))
        for parameter in own.parameters():
            assert parameter.dtype == torch.float32
            assert parameter.isfinite().all()
            assert parameter.grad is None or parameter.grad.dtype == torch.float32
    plain, half = found.values()
    assert plain[1] == {torch.float32} and half[1] == {torch.bfloat16}
    assert half[0] == pytest.approx(plain[0], rel=CLOSE)
    assert half[0] != plain[0]


def linear(kind):
    torch.manual_seed(0)
    model = nn.Linear(4, 4)
    return model, kind(torch.optim.Adam(model.parameters(), lr=0.1))


def step(model, wrapper, number):
    inputs = torch.randn(8, 4, generator=torch.Generator().manual_seed(number))
    with wrapper.optim_context(model):
        loss = model(inputs).float().square().mean()
    wrapper.update_params(loss)


def test_a_training_goes_on_from_its_checkpoint_to_the_bit():
    whole, wrapper = linear(ProcessorAmpOptimWrapper)
    for number in range(4):
        if number == 2:
            weights = copy.deepcopy(whole.state_dict())
            state = copy.deepcopy(wrapper.state_dict())
        step(whole, wrapper, number)
    other, resumed = linear(ProcessorAmpOptimWrapper)
    other.load_state_dict(weights)
    resumed.load_state_dict(state)
    for number in (2, 3):
        step(other, resumed, number)
    assert torch.equal(whole.weight, other.weight)


@pytest.mark.parametrize("extra", [{}, {"loss_scaler": {"scale": 1.0}}])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OptimWrapper, ProcessorAmpOptimWrapper),
        (ProcessorAmpOptimWrapper, OptimWrapper),
    ],
)
def test_precision_may_change_between_checkpoint_and_resume(before, after, extra):
    """`extra` is what a checkpoint of mixed precision on a GPU has besides."""
    model, wrapper = linear(before)
    step(model, wrapper, 0)
    state = {**copy.deepcopy(wrapper.state_dict()), **extra}
    other, resumed = linear(after)
    other.load_state_dict(model.state_dict())
    resumed.load_state_dict(state)
    moments = [
        w.optimizer.state[m.weight]["exp_avg"]
        for m, w in ((model, wrapper), (other, resumed))
    ]
    assert torch.equal(*moments) and moments[0].dtype == torch.float32


def test_a_network_elsewhere_is_refused():
    layer = nn.Linear(2, 2, device="meta")
    with pytest.raises(ConfigError, match="on meta"):
        ProcessorAmpOptimWrapper(torch.optim.SGD(layer.parameters(), lr=0.1))


def test_a_processor_without_bfloat16_is_told_so(monkeypatch, caplog):
    monkeypatch.setattr("mmsia.engine.processor_amp.has_bfloat16", lambda: False)
    with caplog.at_level("WARNING", logger="mmsia"):
        linear(ProcessorAmpOptimWrapper)
    assert "no instructions for bfloat16" in caplog.text
