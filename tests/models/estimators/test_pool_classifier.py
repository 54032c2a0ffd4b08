"""PoolClassifier: logits by hand, what it learns, and TNet starting from it."""

from __future__ import annotations

import pytest
import torch
from mmengine.structures import BaseDataElement
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import InputError

TNET = dict(type="TNet", width=8, out_indices=(0, 1, 2, 3))


def make(**options):
    torch.manual_seed(0)
    config = dict(type="PoolClassifier", backbone=TNET, num_classes=3)
    model = MODELS.build({**config, **options})
    model.init_weights()
    return model


def batch():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(6, 3, 64, 64, generator=generator)
    return images, [BaseDataElement(gt_label=i % 3) for i in range(6)]


def test_logits_by_hand():
    model = make().eval()
    images, _ = batch()
    levels = model.backbone(images)
    assert [level.shape[1] for level in levels] == [12, 22, 32, 32]
    pooled = torch.cat([level.mean(dim=(2, 3)) for level in levels], dim=1)
    expected = pooled @ model.linear.weight.T + model.linear.bias
    torch.testing.assert_close(model(images), expected)
    torch.testing.assert_close(model(list(images)), expected)


def test_loss_and_prediction():
    model = make().eval()
    images, samples = batch()
    losses = model(images, samples, mode="loss")
    log = model(images).log_softmax(dim=1)
    expected = -sum(log[i, i % 3] for i in range(6)) / 6
    torch.testing.assert_close(losses["loss"], expected)
    predicted = model(images, samples, mode="predict")
    assert predicted[0] is samples[0]
    right = [int(s.pred_label) == s.gt_label for s in predicted]
    assert losses["accuracy"].item() == pytest.approx(sum(right) / 6)
    assert len(model(images, None, mode="predict")) == 6


def test_learns_images_by_heart_and_tnet_starts_from_it(tmp_path):
    model = make()
    images, samples = batch()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(15):
        optimizer.zero_grad()
        losses = model(images, samples, mode="loss")
        losses["loss"].backward()
        optimizer.step()
    assert losses["accuracy"] == 1
    assert all(p.grad is not None for p in model.parameters())
    path = tmp_path / "classifier.pth"
    torch.save({"state_dict": model.state_dict()}, path)
    start = dict(type="Pretrained", checkpoint=str(path), prefix="backbone.")
    tnet = MODELS.build(dict(type="TNet", width=8, init_cfg=start))
    tnet.init_weights()
    for name, value in tnet.state_dict().items():
        assert torch.equal(value, model.backbone.state_dict()[name]), name


def test_bad_input():
    model = make()
    images, _ = batch()
    with pytest.raises(InputError, match="no samples"):
        model(images, mode="loss")
    with pytest.raises(InputError, match="without it"):
        model(images, [BaseDataElement()] * 6, mode="loss")
    with pytest.raises(InputError, match="mode"):
        model(images, mode="test")
