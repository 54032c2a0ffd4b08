from __future__ import annotations

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import nn
from torch.nn import functional as F

import mmsia.all  # noqa: F401, registers
from mmsia.errors import DataError
from mmsia.models.weights.loading import load_weights
from mmsia.models.weights.names import find_source, rename_weights

CHANNELS, BLOCKS, STACKS = (256, 24, 32), (2, 1, 2), 2
CENTERNET_HEADS = {"hm": 1, "wh": 2, "hps": 34, "reg": 2, "hm_hp": 17, "hp_offset": 2}


def conv_bn(into, out, size=1, stride=1):
    conv = nn.Conv2d(into, out, size, stride, size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out))


class Named(nn.Module):
    """A convolution, a BatchNorm and a ReLU under the foreign names."""

    def __init__(self, into, out, size, stride=1):
        super().__init__()
        self.conv, self.bn = conv_bn(into, out, size, stride)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


def branch(width, number):
    """A branch of CenterNet: its 3 x 3 convolution has a bias and no BatchNorm."""
    first = nn.Module()
    first.conv = nn.Conv2d(width, width, 3, padding=1)
    return nn.Sequential(first, nn.Conv2d(width, number, 1))


class Residual(nn.Module):
    def __init__(self, into, out, stride=1):
        super().__init__()
        self.conv1, self.bn1 = conv_bn(into, out, 3, stride)
        self.conv2, self.bn2 = conv_bn(out, out, 3)
        plain = stride == 1 and into == out
        self.skip = nn.Sequential() if plain else conv_bn(into, out, 1, stride)

    def forward(self, x):
        inner = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(inner)) + self.skip(x))


class Level(nn.Module):
    def __init__(self, channels, blocks):
        super().__init__()
        (here, below), n = channels[:2], blocks[0]
        self.up1 = nn.Sequential(*(Residual(here, here) for _ in range(n)))
        rest = [Residual(below, below) for _ in range(n - 1)]
        self.low1 = nn.Sequential(Residual(here, below, 2), *rest)
        if len(channels) > 2:
            self.low2 = Level(channels[1:], blocks[1:])
        else:
            inner = (Residual(below, below) for _ in range(blocks[1]))
            self.low2 = nn.Sequential(*inner)
        rest = [Residual(below, below) for _ in range(n - 1)]
        self.low3 = nn.Sequential(*rest, Residual(below, here))

    def forward(self, x):
        low = self.low3(self.low2(self.low1(x)))
        return self.up1(x) + F.interpolate(low, scale_factor=2, mode="nearest")


class ForeignHourglass(nn.Module):
    """The stacked hourglass of the notes, section 6, under CenterNet's names."""

    def __init__(self, heads=()):
        super().__init__()
        width = CHANNELS[0]
        self.pre = nn.Sequential(Named(3, 128, 7, 2), Residual(128, 256, 2))
        self.kps = nn.ModuleList(Level(CHANNELS, BLOCKS) for _ in range(STACKS))
        self.cnvs = nn.ModuleList(Named(width, width, 3) for _ in range(STACKS))
        between = range(STACKS - 1)
        self.inters = nn.ModuleList(Residual(width, width) for _ in between)
        self.inters_ = nn.ModuleList(conv_bn(width, width) for _ in between)
        self.cnvs_ = nn.ModuleList(conv_bn(width, width) for _ in between)
        for name in heads:
            branches = (branch(width, heads[name]) for _ in range(STACKS))
            setattr(self, name, nn.ModuleList(branches))

    def forward(self, image):
        features, x = [], self.pre(image)
        for stack in range(STACKS):
            features.append(self.cnvs[stack](self.kps[stack](x)))
            if stack < STACKS - 1:
                merged = self.inters_[stack](x) + self.cnvs_[stack](features[-1])
                x = self.inters[stack](F.relu(merged))
        return features


class ForeignGOG(nn.Module):
    """Backbone and heads under the names of GOG's release."""

    def __init__(self, refinement=False, scales=False):
        super().__init__()
        self.basenet = ForeignHourglass()

        def convs(channels):
            made = (nn.Conv2d(CHANNELS[0], channels, 1) for _ in range(STACKS))
            return nn.ModuleList(made)

        heat, offset = nn.Module(), nn.Module()
        heat.hp_convs = convs(17)
        heat.bghp_convs = convs(1) if scales else nn.ModuleList([nn.Sequential()] * 2)
        if refinement:
            heat.jitter_convs = convs(2)
        offset.reg_convs = convs(38)
        if scales:
            offset.scale_convs = convs(17)
            offset.spread_convs = convs(19)
        self.headnets = nn.ModuleList([heat, offset])

    def forward(self, image):
        last = self.basenet(image)[-1]
        heat, offset = self.headnets
        maps = [heat.hp_convs[-1](last), offset.reg_convs[-1](last)]
        if hasattr(heat, "jitter_convs"):
            maps.append(heat.jitter_convs[-1](last))
        return maps


def our_model(refinement=False, head=None):
    init_default_scope("mmpose")
    backbone = {
        "type": "HourglassNet",
        "downsample_times": 2,
        "num_stacks": STACKS,
        "stage_channels": CHANNELS,
        "stage_blocks": BLOCKS,
        "feat_channel": CHANNELS[0],
    }
    gog = {"type": "OffsetGuidedHead", "limbs": "coco19", "refinement": refinement}
    head = head or gog
    model = {"type": "BottomupPoseEstimator", "backbone": backbone, "head": head}
    return MODELS.build(model)


def scramble(module):
    """Give every parameter and statistic a value of its own."""
    generator = torch.Generator().manual_seed(5)
    for name, tensor in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        noise = torch.rand(tensor.shape, generator=generator) - 0.5
        spread = 4 / tensor[0].numel() ** 0.5 if tensor.ndim > 1 else 0.2
        offset = 1 if "var" in name or (tensor.ndim == 1 and "weight" in name) else 0
        tensor.copy_(offset + spread * noise)
    return module.eval()


IMAGE = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def test_centernets_backbone_computes_the_same_under_our_names():
    foreign, model = scramble(ForeignHourglass(CENTERNET_HEADS)), our_model().eval()
    renamed, dropped = rename_weights(foreign.state_dict(), "centernet")
    backbone = model.backbone.state_dict()
    assert set(renamed) == {f"backbone.{name}" for name in backbone}
    assert len(renamed) + len(dropped) == len(foreign.state_dict())
    assert {name.split(".")[0] for name in dropped} == set(CENTERNET_HEADS)
    model.load_state_dict(renamed, strict=False)
    for ours, theirs in zip(model.backbone(IMAGE), foreign(IMAGE), strict=True):
        assert theirs.std() > 0.01
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("refinement", [False, True])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_gogs_release_computes_the_same_under_our_names(refinement, prefix):
    foreign = scramble(ForeignGOG(refinement, scales=True))
    state = {prefix + name: value for name, value in foreign.state_dict().items()}
    model = our_model(refinement).eval()
    renamed, dropped = rename_weights(state, find_source(state))
    assert set(renamed) == set(model.state_dict())
    assert len(renamed) + len(dropped) == len(state)
    assert all("scale" in n or "spread" in n or "bghp" in n for n in dropped)
    model.load_state_dict(renamed, strict=True)
    maps = model.head(model.backbone(IMAGE))
    for ours, theirs in zip(maps, foreign(IMAGE), strict=True):
        assert theirs.std() > 0.01
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("prefix", ["", "module."])
def test_centernets_poses_compute_the_same_under_our_names(prefix, tmp_path):
    foreign = scramble(ForeignHourglass(CENTERNET_HEADS))
    state = {prefix + name: value for name, value in foreign.state_dict().items()}
    config = {"type": "CenterNetPoseHead", "in_channels": CHANNELS[0]}
    model = our_model(head=config).eval()
    renamed, dropped = rename_weights(state, find_source(state), with_branches=True)
    assert set(renamed) == set(model.state_dict()) and dropped == ()
    path = tmp_path / "multi_pose_hg.pth"
    torch.save({"epoch": 150, "state_dict": state}, path)
    assert load_weights(model, path) == "centernet"
    features = foreign(IMAGE)
    maps = model.head(model.backbone(IMAGE))
    for theirs, ours in zip(CENTERNET_HEADS, maps_in_their_order(maps), strict=True):
        first, last = getattr(foreign, theirs)[-1]
        expected = last(F.relu(first.conv(features[-1])))
        expected = expected.sigmoid() if theirs.startswith("hm") else expected
        assert expected.std() > 0.01
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


def maps_in_their_order(maps):
    names = ("center", "sizes", "keypoint_offsets", "center_offsets")
    return [getattr(maps, n) for n in (*names, "keypoint_heatmaps", "cell_offsets")]


def test_a_centernet_detector_starts_poses_but_is_none(tmp_path):
    heads = {"hm": 80, "wh": 2, "reg": 2}
    path = tmp_path / "ctdet_hg.pth"
    torch.save({"state_dict": scramble(ForeignHourglass(heads)).state_dict()}, path)
    model = our_model(head={"type": "CenterNetPoseHead", "in_channels": CHANNELS[0]})
    with pytest.raises(DataError, match=r"48 missing: head\.branches"):
        load_weights(model, path)
    before = model.head.branches["sizes"][0][0].weight.clone()
    load_weights(model, path, start=True)
    assert torch.equal(model.head.branches["sizes"][0][0].weight, before)
    assert (model.backbone.stem[0].bn.bias != 0).any()


def test_a_branch_of_another_kind_is_no_pose():
    state = ForeignHourglass(CENTERNET_HEADS).state_dict()
    state["hm.0.2.weight"] = torch.zeros(1)
    with pytest.raises(DataError, match=r"1 weights have no place.*hm\.0\.2"):
        rename_weights(state, "centernet", with_branches=True)


def test_mmposes_old_name_of_a_head_is_known():
    state = {"backbone.a": 1, "keypoint_head.final_layer.bias": 2}
    renamed, _ = rename_weights(state, find_source(state))
    assert renamed == {"backbone.a": 1, "head.final_layer.bias": 2}


def test_every_name_of_hourglass_104_has_one_place():
    with torch.device("meta"):
        init_default_scope("mmpose")
        backbone = MODELS.build({"type": "HourglassNet"})
        head = MODELS.build({"type": "CenterNetPoseHead"})
        names = {"channels": (256, 256, 384, 384, 384, 512), "blocks": (2,) * 5 + (4,)}
        levels = Level(**names).state_dict()
        foreign = ForeignHourglass(CENTERNET_HEADS)
        foreign.kps = nn.ModuleList(Level(**names) for _ in range(2))
    state = foreign.state_dict()
    renamed, dropped = rename_weights(state, "centernet", with_branches=True)
    ours = {f"backbone.{name}": t.shape for name, t in backbone.state_dict().items()}
    assert len(ours) == 960 and len(levels) < 480
    ours |= {f"head.{name}": t.shape for name, t in head.state_dict().items()}
    assert dropped == ()
    assert {name: tensor.shape for name, tensor in renamed.items()} == ours
    assert len(ours) == 960 + 48


def test_our_own_weights_keep_their_names():
    state = our_model().state_dict()
    assert find_source(state) == "mmsia"
    renamed, dropped = rename_weights(state, "mmsia")
    assert list(renamed) == list(state) and dropped == ()


def test_unknown_and_doubled_names_are_listed():
    state = ForeignGOG().state_dict()
    state["headnets.2.mystery.0.weight"] = torch.zeros(1)
    with pytest.raises(DataError, match=r"1 weights have no place.*mystery"):
        rename_weights(state, "gog")
    doubled = {"kps.0.up1.0.conv1.weight": 1, "module.kps.0.up1.0.conv1.weight": 2}
    with pytest.raises(DataError, match=r"module\.kps"):
        rename_weights(doubled, "centernet")
    with pytest.raises(DataError, match="stage1"):
        find_source(["stage1.0.conv1.weight"])
