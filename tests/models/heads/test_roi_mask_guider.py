"""ROIMaskGuider: the loss by another formula, people of all images, bad options."""

from __future__ import annotations

import pytest
import torch
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import ConfigError
from mmsia.models.heads.roi_maps_head import to_rois

CONFIG = dict(type="ROIMaskGuider", in_channels=(4, 8, 12), channels=16, input_size=128)
BOXES = [
    torch.tensor([[4.0, 6, 84, 118], [60, 10, 188, 100]]),
    torch.tensor([[30.0, 30, 80, 110]]),
]


def make(**options):
    torch.manual_seed(0)
    head = MODELS.build({**CONFIG, **options})
    head.init_weights()
    return head


def feats():
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(2, c, 32 >> i, 48 >> i, generator=generator)
        for i, c in enumerate((4, 8, 12))
    ]


def halves(boxes, gap):
    """The left half of each box, in rows of which `gap` are empty at the end."""
    x1, y1, x2, y2 = boxes.unbind(dim=1)
    x2 = (x1 + x2) / 2
    ring = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
    rows = torch.stack([torch.stack(point, dim=1) for point in ring], dim=1)
    return torch.cat([rows, rows.new_full((len(rows), gap, 2), torch.nan)], dim=1)


OUTLINES = [halves(BOXES[0], 1), halves(BOXES[1], 4)]


@pytest.mark.parametrize("guiders", [1, 2])
def test_loss_is_the_mean_cross_entropy_of_cells(guiders):
    head = make(num_guiders=guiders).eval()
    losses = head.loss(feats(), BOXES, OUTLINES)
    stages = head(feats(), to_rois(BOXES))
    assert list(losses) == [f"loss_mask_{i}" for i in range(guiders)]
    for loss, maps in zip(losses.values(), stages, strict=True):
        assert maps.shape == (3, 1, 16, 16)
        guess = maps[:, 0].sigmoid().double()
        inside, outside = guess[..., :8], guess[..., 8:]
        expected = -(inside.log().sum() + (1 - outside).log().sum()) / (3 * 256)
        assert loss.item() == pytest.approx(3 * expected.item(), rel=1e-5)


def test_learns_three_boxes_by_heart():
    head = make()
    optimizer = torch.optim.Adam(head.parameters(), lr=5e-3)
    for _ in range(60):
        optimizer.zero_grad()
        sum(head.loss(feats(), BOXES, OUTLINES).values()).backward()
        optimizer.step()
    with torch.no_grad():
        maps = head.predict(feats(), BOXES)[:, 0]
    truth = torch.zeros(3, 16, 16, dtype=torch.bool)
    truth[..., :8] = True
    assert ((maps > 0.5) == truth).float().mean() > 0.97


def test_nobody_costs_nothing_and_reaches_the_same_parameters():
    head = make()
    sum(head.loss(feats(), BOXES, OUTLINES).values()).backward()
    reached = {name for name, p in head.named_parameters() if p.grad is not None}
    head.zero_grad()
    none = [torch.zeros(0, 4)] * 2, [torch.zeros(0, 0, 2), torch.zeros(0, 7, 2)]
    total = sum(head.loss(feats(), *none).values())
    assert total.item() == 0
    total.backward()
    gradients = {n: p.grad for n, p in head.named_parameters() if p.grad is not None}
    assert set(gradients) == reached
    assert not any(gradient.any() for gradient in gradients.values())


def test_one_map_a_box():
    assert make(num_keypoints=1).num_keypoints == 1
    with pytest.raises(ConfigError, match="ROIMaskGuider: num_keypoints"):
        make(num_keypoints=17)
