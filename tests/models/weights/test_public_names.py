"""Files of torchvision, MMPose and MMDetection under the names of networks here."""

from __future__ import annotations

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import nn
from torchvision.models import resnet18, vgg

import mmsia.all  # noqa: F401, registers
from mmsia.errors import DataError
from mmsia.models.weights.loading import find_state_dict, fit_weights, load_weights
from mmsia.models.weights.names import find_source, rename_weights

IMAGE = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))


def topdown(backbone, channels=512, **head):
    init_default_scope("mmpose")
    made = {"type": "HeatmapHead", "in_channels": channels, "out_channels": 17}
    loss = {"type": "KeypointMSELoss"}
    codec = {"type": "MSRAHeatmap", "input_size": (64, 64), "heatmap_size": (16, 16)}
    head = {**made, "loss": loss, "decoder": {**codec, "sigma": 2}, **head}
    model = {"type": "TopdownPoseEstimator", "backbone": backbone, "head": head}
    return MODELS.build(model).eval()


class Classifier(nn.Module):
    """A VGG under torchvision's names, with a small classifier."""

    def __init__(self, kind, norm):
        super().__init__()
        self.features = vgg.make_layers(vgg.cfgs[kind], batch_norm=norm)
        self.classifier = nn.Sequential(nn.Linear(4, 2))


@torch.no_grad()
def test_torchvisions_resnet_is_the_backbone(tmp_path):
    theirs, path = resnet18().eval(), tmp_path / "resnet18-f37072fd.pth"
    torch.save(theirs.state_dict(), path)
    model = topdown({"type": "ResNet", "depth": 18})
    assert load_weights(model, path, start=True) == "torchvision"
    x = theirs.maxpool(theirs.relu(theirs.bn1(theirs.conv1(IMAGE))))
    expected = theirs.layer4(theirs.layer3(theirs.layer2(theirs.layer1(x))))
    torch.testing.assert_close(model.backbone(IMAGE)[-1], expected)


def test_a_resnet_of_another_depth_is_refused(tmp_path):
    model = topdown({"type": "ResNet", "depth": 18})
    deeper = {**resnet18().state_dict(), "layer3.2.conv1.weight": torch.zeros(1)}
    with pytest.raises(DataError, match=r"1 left over: backbone\.layer3\.2"):
        fit_weights(deeper, model, "resnet34.pth", start=True)
    with pytest.raises(DataError, match=r"missing: head"):
        fit_weights(resnet18().state_dict(), model, "resnet18.pth")


@torch.no_grad()
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize(("kind", "depth"), [("A", 11), ("E", 19)])
def test_torchvisions_vgg_is_the_backbone(kind, depth, norm):
    theirs = Classifier(kind, norm).eval()
    norm_cfg = {"type": "BN"} if norm else None
    model = topdown({"type": "VGG", "depth": depth, "norm_cfg": norm_cfg})
    assert find_source(theirs.state_dict()) == "torchvision"
    fitted = fit_weights(theirs.state_dict(), model, "vgg.pth", start=True)
    assert fitted.dropped == ("classifier.0.weight", "classifier.0.bias")
    assert fitted.missing == ("head.",)
    model.load_state_dict(fitted.state, strict=False)
    expected = theirs.features(IMAGE)
    assert expected.std() > 0
    torch.testing.assert_close(model.backbone(IMAGE)[-1], expected)


@torch.no_grad()
def test_a_trunk_takes_what_it_has_of_a_vgg(tmp_path):
    theirs, path = Classifier("E", False).eval(), tmp_path / "vgg19-dcbb9e9d.pth"
    torch.save(theirs.state_dict(), path)
    model = topdown({"type": "CPMOnVGG", "num_stages": 2}, channels=21)
    assert load_weights(model, path, start=True) == "torchvision"
    fitted = fit_weights(theirs.state_dict(), model, path, start=True)
    # the convolutions after the trunk's last one, 4_4, and the classifier
    assert len(fitted.dropped) == 2 * 4 + 2 and len(fitted.state) == 2 * 12
    expected = theirs.features[:27](IMAGE)
    found = model.backbone.trunk(IMAGE)
    torch.testing.assert_close(found[-1] if len(found) == 1 else found, expected)


def test_a_vgg_of_another_depth_is_refused():
    model = topdown({"type": "VGG", "depth": 16})
    with pytest.raises(DataError, match="left over"):
        fit_weights(Classifier("E", False).state_dict(), model, "x.pth", start=True)


@pytest.mark.parametrize("container", [None, "state_dict"])
def test_mmposes_files_before_1_0(container):
    model = topdown(
        {"type": "ResNet", "depth": 18}, conv_out_channels=(8,), conv_kernel_sizes=(3,)
    )
    now = model.state_dict()
    old = {n: v for n, v in now.items() if n.startswith("backbone")}
    for name, tensor in now.items():
        if name.startswith("head.deconv"):
            old[f"keypoint_{name}"] = tensor
        elif name.startswith("head.conv_layers."):
            old["keypoint_head.final_layer." + name.split(".", 2)[2]] = tensor
    # convolution, norm, ReLU; then the one that ends
    old["keypoint_head.final_layer.3.weight"] = now["head.final_layer.weight"]
    old["keypoint_head.final_layer.3.bias"] = now["head.final_layer.bias"]
    assert len(old) == len(now)
    stored = old if container is None else {"meta": {"epoch": 210}, container: old}
    fitted = fit_weights(stored, model, "res18_coco_256x192.pth")
    assert set(fitted.state) == set(now)
    assert all(fitted.state[name] is now[name] for name in now)


def test_constants_and_averages_of_other_weights_are_dropped():
    model = topdown({"type": "ResNet", "depth": 18})
    more = {
        "data_preprocessor.mean": torch.zeros(3),
        "data_preprocessor.std": torch.ones(3),
        "ema_backbone_conv1_weight": torch.ones(1),
    }
    fitted = fit_weights({**model.state_dict(), **more}, model, "x.pth")
    assert fitted.dropped == tuple(more)


def test_the_averaged_weights_are_those_under_state_dict():
    stored = {
        "ema_state_dict": {"module.backbone.a": torch.zeros(1), "steps": 3},
        "state_dict": {"backbone.a": torch.ones(1)},
    }
    assert find_state_dict(stored, "x.pth") == {"backbone.a": torch.ones(1)}


def test_a_classifiers_head_is_not_the_models(tmp_path):
    """MMPretrain's files: a backbone, and a head of one layer."""
    model = topdown({"type": "ResNet", "depth": 18})
    state = {n: v for n, v in model.state_dict().items() if n.startswith("backbone.")}
    head = {"head.fc.weight": torch.zeros(2, 512), "head.fc.bias": torch.zeros(2)}
    fitted = fit_weights({**state, **head}, model, "resnet18.pth", start=True)
    assert fitted.dropped == ("head.fc.bias", "head.fc.weight")
    assert fitted.missing == ("head.",)
    with pytest.raises(DataError, match=r"2 left over: head\.fc"):
        fit_weights({**state, **head}, model, "resnet18.pth")
    # a head that is the model's own in part is not passed over
    head["head.final_layer.bias"] = model.state_dict()["head.final_layer.bias"]
    with pytest.raises(DataError, match=r"2 left over: head\.fc"):
        fit_weights({**state, **head}, model, "resnet18.pth", start=True)


def test_containers_may_be_nested():
    inner = {"backbone.a": torch.ones(1)}
    stored = {"net": {"state_dict": inner}, "optimizer": {}}
    assert find_state_dict(stored, "x.pth") == inner


def test_a_detector_of_mmdetection_keeps_its_names():
    names = ["backbone.conv1.weight", "neck.a", "rpn_head.b", "roi_head.bbox_head.c"]
    state = dict.fromkeys(names, 1)
    assert find_source(state) == "mmsia"
    assert rename_weights(state, "mmsia") == (state, ())
