"""CenterLineHead: maps, losses by hand, boxes it learns by heart, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers the parts
from mmsia.codecs import CenterLines
from mmsia.errors import ConfigError, InputError

CODEC = dict(type="CenterLines", input_size=(128, 96), num_keypoints=2)
PEOPLE = ([[10.0, 8, 50, 90], [70, 20, 121, 80]], [[33, 12, 71, 95]], [])


def make(**options):
    torch.manual_seed(0)
    small = dict(type="CenterLineHead", in_channels=6, channels=16, decoder=CODEC)
    head = MODELS.build({**small, **options})
    head.init_weights()
    return head


def samples_of(people=PEOPLE):
    codec = CenterLines((128, 96), num_keypoints=2)
    samples = []
    for boxes in people:
        boxes = np.array(boxes, dtype=float).reshape(-1, 4)
        encoded = codec.encode(np.zeros((len(boxes), 2, 2)), None, boxes)
        fields = PixelData()
        for name in codec.field_mapping_table:
            fields.set_field(torch.as_tensor(encoded[name]), name)
        samples.append(PoseDataSample())
        samples[-1].gt_fields = fields
    return samples


def feats(number=3, size=(24, 32)):
    return [torch.randn(number, 6, *size, generator=torch.Generator().manual_seed(0))]


def test_maps():
    head = make()
    maps = head(feats())
    assert maps.center.shape == (3, 1, 24, 32) and maps.lines.shape == (3, 2, 24, 32)
    assert maps.sizes.shape == maps.offsets.shape == (3, 2, 24, 32)
    for probabilities in (maps.center, maps.lines):
        assert 0.08 < probabilities.mean() < 0.13
    assert make(lines=False, decoder=None)(feats()).lines is None


def test_lines_are_two_separate_branches():
    head = make()
    before = head(feats()).lines
    head.line_convs[1][0].weight.data.normal_()
    after = head(feats()).lines
    assert torch.equal(before[:, 0], after[:, 0])
    assert not torch.allclose(before[:, 1], after[:, 1])


def test_losses_by_hand():
    head, samples = make(), samples_of()
    center, sizes, offsets, lines = head(feats())
    losses = head.loss(feats(), samples)
    fields = [sample.gt_fields for sample in samples]
    total = wh = off = 0.0
    for n, field in enumerate(fields):
        guess, target = center[n, 0], field.center_heatmap[0]
        peak = target == 1
        total -= ((1 - guess[peak]) ** 2 * guess[peak].log()).sum()
        rest = (1 - target) ** 4 * guess**2 * (1 - guess).log()
        total -= rest[~peak].sum()
        for y, x in field.box_weights[0].nonzero().tolist():
            wh += (sizes[n, :, y, x] - field.box_sizes[:, y, x]).abs().sum()
            off += (offsets[n, :, y, x] - field.box_offsets[:, y, x]).abs().sum()
    assert losses["loss_center"].item() == pytest.approx(total.item() / 3, rel=1e-5)
    assert losses["loss_size"].item() == pytest.approx(0.1 * wh.item() / 6, rel=1e-5)
    assert losses["loss_offset"].item() == pytest.approx(off.item() / 6, rel=1e-5)
    for axis, name in enumerate("xy"):
        guess = lines[:, axis].flatten()
        target = torch.stack([f.center_lines[axis] for f in fields]).flatten()
        on_line = target >= 0.1
        error = (guess - target) ** 2
        total = ((1 - guess) * error)[on_line].sum() + (guess * error)[~on_line].sum()
        expected = total.item() / on_line.sum().item()
        assert losses[f"loss_line_{name}"].item() == pytest.approx(expected, rel=1e-5)
    assert set(losses) == {
        *("loss_center", "loss_size", "loss_offset", "loss_line_x", "loss_line_y")
    }


def test_learns_people_by_heart():
    head, samples = make(), samples_of()
    head.decoder.extension = None
    head.decoder.score_thr = 0.3
    optimizer = torch.optim.Adam(head.parameters(), lr=5e-3)
    for _ in range(150):
        optimizer.zero_grad()
        sum(head.loss(feats(), samples).values()).backward()
        optimizer.step()
    found = head.predict(feats(), samples)
    for (boxes, scores), people in zip(found, PEOPLE, strict=True):
        assert len(boxes) == len(people), scores
        truth = torch.tensor(people).reshape(-1, 4)
        order, expected = boxes[:, 0].argsort(), truth[:, 0].argsort()
        torch.testing.assert_close(
            boxes[order], truth[expected], atol=4.0, rtol=0, check_dtype=False
        )


def test_nobody_in_the_batch():
    losses = make().loss(feats(2), samples_of(([], [])))
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert losses["loss_size"] == 0 and losses["loss_offset"] == 0
    assert losses["loss_center"] > 0 and losses["loss_line_x"] > 0


def test_images_that_were_padded():
    head, samples = make(), samples_of()
    padded = torch.nn.functional.pad(feats()[0], (0, 16, 0, 8))
    losses = head.loss([padded], samples)
    assert all(torch.isfinite(loss) for loss in losses.values())
    maps = head([padded])
    expected = head.losses["line"](
        maps.lines[:, :1, :24, :32],
        torch.stack([s.gt_fields.center_lines[:1] for s in samples]),
    )
    torch.testing.assert_close(losses["loss_line_x"], expected)


def test_without_lines_there_are_three_losses():
    plain = dict(CODEC, extension=None, alleviate=False)
    head = make(lines=False, decoder=plain)
    assert set(head.loss(feats(), samples_of())) == {
        *("loss_center", "loss_size", "loss_offset")
    }
    assert len(head.predict(feats(), samples_of())) == 3


def test_weights_of_equation_9_and_others():
    head = make()
    weights = {name: loss.loss_weight for name, loss in head.losses.items()}
    assert weights == dict(center=1.0, size=0.1, offset=1.0, line=1.0)
    head = make(losses=dict(line=dict(type="CenterLineLoss", loss_weight=2.0)))
    assert head.losses["line"].loss_weight == 2.0
    assert head.losses["size"].loss_weight == 0.1


def test_bad_options_and_input():
    with pytest.raises(ConfigError, match="needs centre lines"):
        make(lines=False)
    with pytest.raises(ConfigError, match="losses"):
        make(losses=dict(centre={}))
    with pytest.raises(ConfigError, match="cannot predict"):
        make(decoder=None).predict(feats(), samples_of())
    empty = PoseDataSample()
    empty.gt_fields = PixelData(heatmaps=torch.zeros(1, 4, 4))
    with pytest.raises(ConfigError, match="draws no center_heatmap"):
        make().loss(feats(1), [empty])
    with pytest.raises(InputError, match="not finite"):
        make().predict([feats()[0] * torch.nan], samples_of())
