"""CKLM: shapes, equations (2) and (3) by hand, links between stages, bad input."""

from __future__ import annotations

import pytest
import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch.nn import functional

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import ConfigError, DataError, InputError
from mmsia.models.layers.cross_stage import CrossStageDecoder

SMALL = dict(
    type="CKLM", depth=(1, 1, 1, 1), groups=2, width_per_group=4, base_channels=8,
    channels=16, transmission=8,
)  # fmt: skip


def make(**options):
    torch.manual_seed(0)
    model = MODELS.build({**SMALL, **options})
    model.init_weights()
    return model.eval()


def image_of(batch=2, height=64, width=96):
    return torch.randn(
        batch, 3, height, width, generator=torch.Generator().manual_seed(0)
    )


@pytest.mark.parametrize("num_stages", [1, 2, 3, 4, 5])
def test_shapes(num_stages):
    stages = make(num_stages=num_stages)(image_of())
    assert len(stages) == num_stages
    for levels in stages:
        shapes = [tuple(level.shape) for level in levels]
        assert shapes == [(2, 16, 64 // s, 96 // s) for s in (32, 16, 8, 4)]


def decoder_of(transmission):
    torch.manual_seed(0)
    decoder = CrossStageDecoder((4, 6), 10, transmission).eval()
    for norm in (m for m in decoder.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        norm.running_mean.normal_()
        norm.weight.data.normal_()
    return decoder


def encoded_levels():
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randn(2, 4, 8, 12, generator=generator),
        torch.randn(2, 6, 4, 6, generator=generator),
    ]


def transmit(module, *features):
    """T of the equations on joined channels, cell by cell."""
    joined = torch.cat(features, dim=1)
    weight = module.conv.weight[:, :, 0, 0]
    mixed = torch.einsum("oc,bchw->bohw", weight, joined)
    return torch.relu(module.bn(mixed))


def test_equation_3_alone_in_the_first_stage():
    decoder, (fine, coarse) = decoder_of(None), encoded_levels()
    low, high = decoder([fine, coarse])
    expected = transmit(decoder.merges[0], coarse)
    torch.testing.assert_close(low, expected)
    up = functional.interpolate(expected, (8, 12), mode="bilinear")
    torch.testing.assert_close(high, transmit(decoder.merges[1], fine, up))


def test_equations_2_and_3_after_it():
    decoder, (fine, coarse) = decoder_of(5), encoded_levels()
    generator = torch.Generator().manual_seed(2)
    before = [
        torch.randn(2, 10, 4, 6, generator=generator),
        torch.randn(2, 10, 8, 12, generator=generator),
    ]
    low, high = decoder([fine, coarse], before)
    out = transmit(decoder.merges[0], coarse)
    assert out.shape[1] == 5
    first = transmit(decoder.transmissions[0], before[0], out)
    torch.testing.assert_close(low, first)
    up = functional.interpolate(first, (8, 12), mode="bilinear")
    out = transmit(decoder.merges[1], fine, up)
    torch.testing.assert_close(high, transmit(decoder.transmissions[1], before[1], out))


def test_equation_3_is_the_sum_of_a_lateral_and_an_upper_convolution():
    """So that a first stage is MSPN's decoder, whose counts Table 4 fits."""
    decoder, (fine, coarse) = decoder_of(None), encoded_levels()
    _, high = decoder([fine, coarse])
    merge = decoder.merges[1]
    lateral, upper = merge.conv.weight.split([4, 10], dim=1)
    low = transmit(decoder.merges[0], coarse)
    up = functional.interpolate(functional.conv2d(low, upper), (8, 12), mode="bilinear")
    both = functional.conv2d(fine, lateral) + up
    torch.testing.assert_close(high, torch.relu(merge.bn(both)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("csfa", [True, False])
def test_what_a_stage_takes_from_the_one_before(csfa):
    """Without aggregation the finest level alone goes on."""
    model = make(num_stages=2, csfa=csfa)
    seen = {}

    def stop(levels, kept):
        return [level if i in kept else level * 0 for i, level in enumerate(levels)]

    for kept in ((3,), (0, 1, 2, 3)):
        hook = model.stages[0].register_forward_hook(
            lambda m, args, out, kept=kept: stop(out, kept)
        )
        seen[kept] = model(image_of())[1][0]
        hook.remove()
    assert torch.equal(seen[3,], seen[0, 1, 2, 3]) is not csfa


def test_every_parameter_learns():
    model = make(num_stages=3).train()
    loss = sum(level.square().mean() for level in model(image_of())[-1])
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize("depth", [50, 101, 152])
@pytest.mark.parametrize("groups", [32, 1])
def test_trunks_are_those_of_mmpose(depth, groups):
    name = "ResNet" if groups == 1 else "ResNeXt"
    with torch.device("meta"):
        ours = MODELS.build(dict(type="CKLM", num_stages=1, depth=depth, groups=groups))
        theirs = MODELS.build(dict(type=name, depth=depth))
    count = sum(p.numel() for p in ours.stem.parameters())
    count += sum(p.numel() for p in ours.stages[0].encoder.parameters())
    assert count == sum(p.numel() for p in theirs.parameters())


def test_weights_of_a_classifier(tmp_path):
    torch.manual_seed(1)
    classifier = MODELS.build(dict(type="ResNeXt", depth=50))
    path = tmp_path / "classifier.pth"
    torch.save({"state_dict": classifier.state_dict()}, path)
    model = MODELS.build(dict(type="CKLM", num_stages=2, pretrained=str(path)))
    model.init_weights()
    image = image_of(height=32, width=32)
    BaseModule.train(classifier, False)
    model.eval()
    with torch.no_grad():
        feature = classifier.maxpool(
            torch.relu(classifier.bn1(classifier.conv1(image)))
        )
        torch.testing.assert_close(model.stem(image), feature)
        for level in range(4):
            layer = getattr(classifier, f"layer{level + 1}")
            expected = layer(feature)
            for stage in model.stages:
                torch.testing.assert_close(stage.encoder[level](feature), expected)
            feature = expected
    wrong = MODELS.build(dict(type="CKLM", groups=1, pretrained=str(path)))
    with pytest.raises(DataError, match="trunk"):
        wrong.init_weights()


@pytest.mark.parametrize("size", [(64, 90), (63, 96), (0, 96)])
def test_bad_images(size):
    with pytest.raises(InputError, match="multiples of 32"):
        make()(torch.zeros(1, 3, *size))


@pytest.mark.parametrize(
    "options",
    [dict(num_stages=0), dict(num_stages=6), dict(depth=34), dict(depth=(1, 1, 1))],
)
def test_bad_options(options):
    with pytest.raises(ConfigError, match="CKLM"):
        make(**options)


def test_a_decoder_with_and_without_a_coarser_stage():
    levels = encoded_levels()
    with pytest.raises(InputError, match="coarser stage"):
        decoder_of(None)(levels, levels)
    with pytest.raises(InputError, match="coarser stage"):
        decoder_of(5)(levels)
