"""DIR's release under our names: every weight has one place, and computes the same."""

from __future__ import annotations

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import nn
from torch.nn import functional as F
from torchvision.models import resnet50

import mmsia.all  # noqa: F401, registers
from mmsia.errors import DataError
from mmsia.models.layers.dir_blocks import PreActivationResidual, map_head
from mmsia.models.layers.hand_graph import HandGraph
from mmsia.models.layers.hands_transformer import HandsTransformer
from mmsia.models.weights.loading import fit_weights
from mmsia.models.weights.names import find_source, rename_weights

RELEASED, LIVE = 92_725_019, 90_410_723
SIDES = ("left", "right")
MANO = {"th_shapedirs": (778, 3, 10), "th_faces": (1538, 3), "th_comps": (45, 45)}
BONES = [(0 if j % 4 == 1 else j - 1, j) for j in range(1, 21)]


def conv_bn_conv(kind, norm, into, middle, out, size=1, bias=True):
    first = kind(into, middle, size, padding=size // 2, bias=bias)
    return nn.Sequential(first, norm(middle), nn.ReLU(), kind(middle, out, 1))


class Wrapped(nn.Module):
    def __init__(self, conv):
        super().__init__()
        self.conv = conv


class ForeignResidual(nn.Module):
    def __init__(self, into, out):
        super().__init__()
        half = out // 2
        self.bn1, self.bn2 = nn.BatchNorm2d(into), nn.BatchNorm2d(half)
        self.bn3 = nn.BatchNorm2d(half)
        self.conv1 = Wrapped(nn.Conv2d(into, half, 1))
        self.conv2 = Wrapped(nn.Conv2d(half, half, 3, padding=1))
        self.conv3 = Wrapped(nn.Conv2d(half, out, 1))
        self.skip_layer = Wrapped(nn.Conv2d(into, out, 1))

    def forward(self, x):
        inner = self.conv1.conv(F.relu(self.bn1(x)))
        inner = self.conv2.conv(F.relu(self.bn2(inner)))
        return self.conv3.conv(F.relu(self.bn3(inner))) + self.skip_layer.conv(x)


class ForeignGraph(nn.Module):
    def __init__(self, features, num_layers=4):
        super().__init__()
        self.gconv_layers = nn.Sequential()
        for _ in range(num_layers):
            layer = nn.Module()
            layer.gconv = nn.Module()
            layer.gconv.W = nn.Parameter(torch.zeros(2, 21, features, features))
            layer.gconv.e_0 = nn.Parameter(torch.ones(1, 21))
            layer.gconv.e_1 = nn.Parameter(torch.ones(1, 40))
            layer.gconv.bias = nn.Parameter(torch.zeros(features))
            layer.bn = nn.BatchNorm1d(features)
            self.gconv_layers.append(layer)

    def forward(self, x):
        taken = torch.zeros(21, 21, dtype=torch.bool)
        for parent, child in BONES:
            taken[parent, child] = taken[child, parent] = True
        for layer in self.gconv_layers:
            part, found = layer.gconv, []
            shares = torch.full((21, 21), -torch.inf)
            # by rows of the joint that takes: the order of a mask
            shares[taken] = part.e_1[0]
            shares = shares.softmax(dim=1)
            for joint in range(21):
                own = x[:, joint] @ part.W[0, joint]
                sent = [shares[joint, k] * x[:, k] @ part.W[1, k] for k in range(21)]
                found.append(own + sum(sent) + part.bias)
            x = F.relu(layer.bn(torch.stack(found, dim=2))).transpose(1, 2)
        return x


class ForeignBlock(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.norm1 = nn.LayerNorm(features, eps=1e-6)
        self.norm2 = nn.LayerNorm(features, eps=1e-6)
        self.attn, self.mlp = nn.Module(), nn.Module()
        self.attn.qkv = nn.Linear(features, 3 * features)
        self.attn.proj = nn.Linear(features, features)
        self.mlp.fc1 = nn.Linear(features, 2 * features)
        self.mlp.fc2 = nn.Linear(2 * features, features)

    def forward(self, x):
        batch, tokens, features = x.shape
        qkv = self.attn.qkv(self.norm1(x)).view(batch, tokens, 3, 4, features // 4)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        weights = (query @ key.mT / (features // 4) ** 0.5).softmax(-1)
        mixed = (weights @ value).transpose(1, 2).reshape(x.shape)
        x = x + self.attn.proj(mixed)
        return x + self.mlp.fc2(F.gelu(self.mlp.fc1(self.norm2(x))))


class ForeignTransformer(nn.Module):
    def __init__(self, features, out):
        super().__init__()
        self.spatial_pos_embed = nn.Parameter(torch.zeros(1, 42, features))
        self.STEblocks = nn.ModuleList(ForeignBlock(features) for _ in range(4))
        self.spatial_norm = nn.LayerNorm(features, eps=1e-6)
        self.head = nn.Sequential(nn.LayerNorm(features), nn.Linear(features, out))

    def forward(self, x):
        x = x + self.spatial_pos_embed
        for block in list(self.STEblocks)[1:]:
            x = self.spatial_norm(block(x))
        return x


def with_mano(module):
    for side in SIDES:
        layer = nn.Module()
        for name, shape in MANO.items():
            layer.register_buffer(name, torch.zeros(shape))
        setattr(module, f"mano_layer_{side}", layer)
    return module


def joint_block(size):
    block = nn.Module()
    for side in SIDES:
        setattr(block, f"gcn_{side}", ForeignGraph(128))
        sampled = nn.Module()
        sampled.filters = conv_bn_conv(nn.Conv1d, nn.BatchNorm1d, 256, 128, 128)
        setattr(block, f"img2joint_{side}", sampled)
        place = conv_bn_conv(nn.Conv1d, nn.BatchNorm1d, 3, 128, 128)
        setattr(block, f"pos_emb_{side}", place)
    block.global_pos_emb = conv_bn_conv(nn.Conv1d, nn.BatchNorm1d, 3, 128, 128)
    block.interaction = ForeignTransformer(128, 64)
    block.proj_feat_emb = conv_bn_conv(nn.Conv1d, nn.BatchNorm1d, 64, 64, 64)
    block.fusion = conv_bn_conv(nn.Conv2d, nn.BatchNorm2d, 2560, 256, 256, 3)
    block.regressor = with_mano(nn.Module())
    block.regressor.mano_left = nn.Linear(21 * 64 + 64, 64)
    block.regressor.mano_right = nn.Linear(21 * 64 + 64, 64)
    block.regressor.offset = nn.Linear(2 * 21 * 64 + 3, 3)
    block.register_buffer("img_gird", torch.zeros(size**2, 2))
    return block


def released():
    """The module of the release, by its names and shapes."""
    net = nn.Module()
    net.backbone = resnet50()
    net.init_regressor = with_mano(nn.Module())
    for side in SIDES:
        seen = conv_bn_conv(nn.Conv2d, nn.BatchNorm2d, 2048, 1024, 1, 3)
        setattr(net.init_regressor, f"attention_{side}", seen)
        setattr(net.init_regressor, f"mano_{side}", nn.Linear(2048, 64))
    net.init_regressor.offset = nn.Linear(2048, 3)
    decoder = net.decoder = nn.Module()
    for stage, skip, fused in (("4", 1024, 2304), ("3", 512, 512)):
        setattr(decoder, f"skip_layer{stage}", ForeignResidual(skip, 256))
        setattr(decoder, f"fusion_layer{stage}", ForeignResidual(fused, 256))
        setattr(decoder, f"projecter_{stage}", joint_block(16 if stage == "4" else 32))
        setattr(decoder, f"enhance_layer{stage}", ForeignResidual(512, 256))
    decoder.conv_final = conv_bn_conv(
        nn.Conv2d, nn.BatchNorm2d, 256, 256, 256, 3, bias=False
    )
    decoder.seg = conv_bn_conv(nn.Conv2d, nn.BatchNorm2d, 256, 128, 3, 3)
    decoder.dense = conv_bn_conv(nn.Conv2d, nn.BatchNorm2d, 256, 128, 3, 3)
    net.seg_loss = nn.CrossEntropyLoss(weight=torch.ones(3))
    return net


def scramble(module):
    generator = torch.Generator().manual_seed(3)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            noise = torch.rand(tensor.shape, generator=generator) - 0.5
            tensor.copy_(1 + noise if "var" in name or "norm" in name else noise)
    return module.eval()


def under_our_names(module, theirs, ours):
    """Weights of a part alone, under the names of ours."""
    state = {f"{theirs}{n}": value for n, value in module.state_dict().items()}
    renamed, dropped = rename_weights(state, "dir")
    assert len(renamed) + len(dropped) == len(state)
    return {n.removeprefix(ours): v for n, v in renamed.items() if n.startswith(ours)}


def number(state):
    counted = ("running", "num_batches", "th_", "img_gird", "seg_loss")
    return sum(v.numel() for n, v in state.items() if not any(c in n for c in counted))


def test_every_weight_of_the_release_has_one_place():
    init_default_scope("mmpose")
    with torch.device("meta"):
        model, net = MODELS.build({"type": "DIR"}), released()
    state = net.state_dict()
    assert number(state) == RELEASED
    assert find_source(state) == "dir"
    prefixed = {f"module.{name}": value for name, value in state.items()}
    for stored in ({"net": state, "last_epoch": 49}, prefixed):
        fitted = fit_weights(stored, model, "best.pth")
        assert fitted.source == "dir" and fitted.missing == ()
        assert set(fitted.state) == set(model.state_dict())
        assert number(fitted.state) == LIVE
        assert len(fitted.state) + len(fitted.dropped) == len(state)
    dead = {n for n in fitted.dropped if "th_" not in n}
    assert "module.backbone.fc.weight" in dead
    assert sum("STEblocks.0." in name for name in dead) == 24
    assert sum(name.endswith("e_0") for name in dead) == 16


def test_a_weight_that_the_release_does_not_have_is_named():
    with pytest.raises(DataError, match=r"2 weights have no place.*decoder\.more"):
        rename_weights({"decoder.more": 1, "init_regressor.more": 2}, "dir")


@torch.no_grad()
def test_graphs_compute_the_same_under_our_names():
    foreign, ours = scramble(ForeignGraph(6)), HandGraph(6).eval()
    prefix = "head.stages.1.joints.graphs.1."
    ours.load_state_dict(
        under_our_names(foreign, "decoder.projecter_3.gcn_right.", prefix)
    )
    joints = torch.rand(2, 21, 6, generator=torch.Generator().manual_seed(1))
    assert foreign(joints).std() > 0.01
    torch.testing.assert_close(ours(joints), foreign(joints), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_transformers_compute_the_same_under_our_names():
    foreign, ours = scramble(ForeignTransformer(8, 4)), HandsTransformer(8).eval()
    prefix = "head.stages.0.joints.transformer."
    ours.load_state_dict(
        under_our_names(foreign, "decoder.projecter_4.interaction.", prefix)
    )
    joints = torch.rand(2, 42, 8, generator=torch.Generator().manual_seed(1))
    assert foreign(joints).std() > 0.01
    torch.testing.assert_close(ours(joints), foreign(joints), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_class_of_the_left_hand_is_ours():
    """In the release's masks the right hand is class 1, the left one class 2."""
    foreign = scramble(conv_bn_conv(nn.Conv2d, nn.BatchNorm2d, 6, 4, 3, 3))
    ours = map_head(6, 4, 3).eval()
    ours.load_state_dict(under_our_names(foreign, "decoder.seg.", "head.maps.classes."))
    image = torch.rand(2, 6, 5, 5, generator=torch.Generator().manual_seed(1))
    background, right, left = foreign(image).unbind(dim=1)
    theirs = torch.stack([background, left, right], dim=1)
    torch.testing.assert_close(ours(image), theirs, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_residuals_compute_the_same_under_our_names():
    foreign, ours = scramble(ForeignResidual(6, 8)), PreActivationResidual(6, 8).eval()
    ours.load_state_dict(
        under_our_names(foreign, "decoder.skip_layer4.", "head.stages.0.skip.")
    )
    image = torch.rand(1, 6, 5, 5, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ours(image), foreign(image), rtol=1e-4, atol=1e-5)
