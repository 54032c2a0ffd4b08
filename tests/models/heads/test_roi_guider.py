"""ROIGuider and ROIPooler: shapes, levels, loss by hand, what they learn and refuse."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torchvision.ops import roi_align
from torchvision.ops.poolers import LevelMapper

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import ConfigError, InputError
from mmsia.models.heads import ROIGuider, ROIPooler
from mmsia.models.heads.roi_maps_head import to_rois
from mmsia.models.heads.roi_pooler import choose_levels
from mmsia.ops.roi_maps import draw_roi_maps, keypoints_to_cells

HEADS = {
    "guider": dict(
        type="ROIGuider", in_channels=(4, 8, 12), channels=16, input_size=128,
        num_keypoints=3,
    ),
    "cascade": dict(
        type="ROIGuider", in_channels=(4, 8, 12), channels=16, input_size=128,
        num_keypoints=3, num_guiders=2,
    ),
    "pooler": dict(
        type="ROIPooler", in_channels=8, channels=8, num_convs=2, num_keypoints=3,
        roi_size=6,
    ),
}  # fmt: skip


def make(kind, **options):
    torch.manual_seed(0)
    head = MODELS.build({**HEADS[kind], **options})
    head.init_weights()
    return head


def feats_of(kind, images=2, height=32, width=48):
    generator = torch.Generator().manual_seed(0)
    channels = (8, 8, 8, 8) if kind == "pooler" else (4, 8, 12)
    return [
        torch.randn(images, c, height >> i, width >> i, generator=generator)
        for i, c in enumerate(channels)
    ]


BOXES = [
    torch.tensor([[4.0, 6, 90, 120], [60, 10, 188, 100], [0, 0, 20, 20]]),
    torch.tensor([[30.0, 30, 80, 110]]),
]


@pytest.mark.parametrize("kind", HEADS)
def test_shapes_and_decoding(kind):
    head = make(kind).eval()
    maps = head.predict(feats_of(kind), BOXES)
    width, height = head.map_size
    assert maps.shape == (4, 3, height, width)
    # starts near 0.1, as the bias has it
    assert 0.05 < maps.mean() < 0.2
    (three, scores), (one, _) = head.decode(maps, BOXES)
    assert three.shape == (3, 3, 2) and scores.shape == (3, 3) and len(one) == 1
    low, high = BOXES[0][:, None, :2] - 0.5, BOXES[0][:, None, 2:] - 0.5
    assert ((three >= low) & (three <= high)).all()


def test_sizes_of_boxes_follow_the_training_input():
    for side, sizes in ((384, (24, 12, 6)), (512, (32, 16, 8))):
        with torch.device("meta"):
            head = ROIGuider(input_size=side)
        assert head.roi_sizes == sizes and head.map_size == (2 * sizes[0],) * 2


def test_a_guider_reads_all_levels_where_boxes_are():
    head = make("cascade").eval()
    feats = feats_of("cascade")
    seen = []
    head.guiders[0].register_forward_hook(lambda m, args, out: seen.append(args[0]))
    head.guiders[1].register_forward_hook(lambda m, args, out: seen.append(args[0]))
    head(feats, to_rois(BOXES))
    for level, (feat, size) in enumerate(zip(feats, (8, 4, 2), strict=True)):
        boxes = [box / 4 / 2**level for box in BOXES]
        expected = roi_align(feat, boxes, size, sampling_ratio=2, aligned=True)
        torch.testing.assert_close(seen[0][level], expected)
    shapes = [tuple(level.shape) for level in seen[1]]
    assert shapes == [(4, 21, 8, 8), (4, 20, 4, 4), (4, 16, 2, 2)]


def test_every_stage_of_a_cascade_gives_maps():
    head = make("cascade").eval()
    first, second = head(feats_of("cascade"), to_rois(BOXES))
    assert first.shape == second.shape == (4, 3, 16, 16)
    assert not torch.allclose(first, second)
    torch.testing.assert_close(
        head.predict(feats_of("cascade"), BOXES), second.sigmoid()
    )


@pytest.mark.parametrize("kind", HEADS)
def test_boxes_in_parts_give_the_same(kind):
    head = make(kind).eval()
    whole = head.predict(feats_of(kind), BOXES)
    head.rois_at_once = 3
    torch.testing.assert_close(head.predict(feats_of(kind), BOXES), whole)


@pytest.mark.parametrize("kind", HEADS)
def test_no_boxes(kind):
    head = make(kind).eval()
    none = [torch.zeros(0, 4), torch.zeros(0, 4)]
    maps = head.predict(feats_of(kind), none)
    assert maps.shape[:2] == (0, 3)
    for points, scores in head.decode(maps, none):
        assert points.shape == (0, 3, 2) and scores.shape == (0, 3)


@pytest.mark.parametrize("kind", HEADS)
def test_odd_boxes(kind):
    head = make(kind).eval()
    boxes = torch.tensor([[9.0, 9, 9, 9], [500, 500, 600, 900], [-90, -90, -10, -5]])
    maps = head.predict(feats_of(kind, images=1), [boxes])
    ((points, _),) = head.decode(maps, [boxes])
    assert torch.isfinite(points).all()


def test_ten_thousand_boxes():
    head = make("guider", num_blocks=1).eval()
    generator = torch.Generator().manual_seed(0)
    low = torch.rand(10_000, 2, generator=generator) * 100
    boxes = torch.cat([low, low + 50], dim=1)
    with torch.no_grad():
        maps = head.predict(feats_of("guider", images=1), [boxes])
        few = head.predict(feats_of("guider", images=1), [boxes[-5:]])
    assert maps.shape == (10_000, 3, 16, 16)
    torch.testing.assert_close(maps[-5:], few)


def people():
    points = [box[:, None, :2] + torch.tensor([[5.0, 9]] * 3) for box in BOXES]
    points[0][0, 1] = torch.tensor([300.0, 5])
    weights = [torch.ones(3, 3), torch.ones(1, 3)]
    weights[0][2, 0] = 0
    return points, weights


@pytest.mark.parametrize("kind", HEADS)
def test_loss_is_equation_8(kind):
    head = make(kind).eval()
    points, weights = people()
    losses = head.loss(feats_of(kind), BOXES, points, weights)
    stages = head(feats_of(kind), to_rois(BOXES))
    assert list(losses) == [f"loss_kpt_{i}" for i in range(len(stages))]
    for loss, maps in zip(losses.values(), stages, strict=True):
        cells = keypoints_to_cells(torch.cat(points), torch.cat(BOXES), head.map_size)
        truth, weight = draw_roi_maps(cells, torch.cat(weights), head.map_size, 2.0)
        total, annotated = 0.0, 0
        for n in range(4):
            for k in range(3):
                if (n, k) in {(0, 1), (2, 0)}:
                    assert weight[n, k] == 0
                    continue
                annotated += 1
                guess, target = maps[n, k].sigmoid().double(), truth[n, k].double()
                peak = target == 1
                assert peak.sum() == 1
                total -= ((1 - guess[peak]) ** 2 * guess[peak].log()).sum()
                rest = (1 - target) ** 4 * guess**2 * (1 - guess).log()
                total -= rest[~peak].sum()
        assert loss.item() == pytest.approx(3 * total.item() / annotated, rel=1e-4)


@pytest.mark.parametrize("kind", HEADS)
def test_nobody_in_the_batch_costs_nothing_and_reaches_the_same_parameters(kind):
    """Several processes must agree on which parameters have a gradient."""
    head = make(kind)
    sum(head.loss(feats_of(kind), BOXES, *people()).values()).backward()
    reached = {name for name, p in head.named_parameters() if p.grad is not None}
    head.zero_grad()
    empty = torch.zeros(0, 4), torch.zeros(0, 3, 2), torch.zeros(0, 3)
    losses = head.loss(feats_of(kind), *([part, part] for part in empty))
    total = sum(losses.values())
    assert total.item() == 0
    total.backward()
    gradients = {n: p.grad for n, p in head.named_parameters() if p.grad is not None}
    assert set(gradients) == reached
    assert not any(gradient.any() for gradient in gradients.values())


@pytest.mark.parametrize("sequential", [False, True])
def test_what_never_learns_if_equations_6_and_7_are_taken_literally(sequential):
    """Nothing reads the last guider's middle output, nor what only that reads."""
    head = make("cascade", sequential=sequential)
    sum(head.loss(feats_of("cascade"), BOXES, *people()).values()).backward()
    idle = {name for name, p in head.named_parameters() if p.grad is None}
    coarsest = ("guiders.1.path.levels.2.", "guiders.1.fusion.fusions.1.")
    expected = {n for n, _ in head.named_parameters() if n.startswith(coarsest)}
    assert idle == (set() if sequential else expected)


@pytest.mark.parametrize("sequential", [False, True])
def test_maps_depend_on_all_levels(sequential):
    head = make("guider", sequential=sequential).eval()
    for value in head.parameters():
        value.data.normal_(0, 0.3, generator=torch.Generator().manual_seed(1))
    feats = [feat.requires_grad_() for feat in feats_of("guider")]
    head(feats, to_rois(BOXES))[-1].sum().backward()
    reached = [feat.grad is not None and feat.grad.any() for feat in feats]
    assert reached == [True, True, sequential]


# a pooler of 8 channels cannot: its cells share all weights
WIDER = {"pooler": dict(channels=32, num_convs=4)}


@pytest.mark.parametrize("kind", HEADS)
def test_learns_four_boxes_by_heart(kind):
    """Within a cell: half of one to its middle, and a quarter that decoding moves."""
    head = make(kind, **WIDER.get(kind, {}))
    points, weights = people()
    # not all at one place of their boxes: on another cell for each keypoint and box
    offsets = torch.tensor([[2.0, 3], [12, 6], [7, 15]])
    points = [box[:, None, :2] + offsets * (1 + i) for i, box in enumerate(BOXES)]
    feats = feats_of(kind)
    optimizer = torch.optim.Adam(head.parameters(), lr=5e-3)
    for _ in range(240 if kind == "pooler" else 80):
        optimizer.zero_grad()
        loss = sum(head.loss(feats, BOXES, points, weights).values())
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        maps = head.predict(feats, BOXES)
    cells = torch.cat([box[:, 2:] - box[:, :2] for box in BOXES]).split([3, 1])
    found = head.decode(maps, BOXES)
    for image, (got, scores) in enumerate(found):
        size = cells[image][:, None] / torch.tensor(head.map_size)
        labelled = weights[image] > 0
        error = ((got - points[image]) / size).abs().amax(dim=-1)[labelled]
        assert error.max() < 1, error
        assert scores[labelled].min() > 0.3


def test_levels_are_torchvision_s():
    generator = torch.Generator().manual_seed(0)
    low = torch.rand(500, 2, generator=generator) * 50
    side = torch.rand(500, 2, generator=generator) * 900
    boxes = torch.cat([low, low + side], dim=1)
    theirs = LevelMapper(2, 5, canonical_scale=224, canonical_level=4)([boxes])
    got = choose_levels(boxes, 4)
    assert torch.equal(got, theirs) and set(got.tolist()) == {0, 1, 2, 3}
    exact = torch.tensor([[0.0, 0, 112, 112], [0, 0, 111, 111], [0, 0, 0, 0]])
    assert choose_levels(exact, 4).tolist() == [1, 0, 0]


def test_pooler_reads_each_box_from_its_level():
    head = make("pooler")
    feats = [torch.full((1, 8, 64 >> i, 64 >> i), float(i)) for i in range(4)]
    boxes = torch.tensor([[0.0, 0, 240, 240], [0, 0, 60, 60], [9, 9, 130, 130]])
    read = head.read_levels(feats, to_rois([boxes]))
    assert read.amax(dim=(1, 2, 3)).tolist() == [2, 0, 1]
    assert read.amin(dim=(1, 2, 3))[1:].tolist() == [0, 1]


def test_pooler_is_mask_rcnn_s_but_for_the_outermost_cells():
    head = make("pooler").eval()
    read = head.convs(head.read_levels(feats_of("pooler"), to_rois(BOXES)))
    output = head.output
    cells = F.conv_transpose2d(read, output.weight, output.bias, stride=2, padding=1)
    expected = F.interpolate(
        cells, scale_factor=2, mode="bilinear", align_corners=False
    )
    (maps,) = head(feats_of("pooler"), to_rois(BOXES))
    assert maps.shape == expected.shape
    torch.testing.assert_close(maps[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1])
    assert not torch.allclose(maps[..., 0, :], expected[..., 0, :])


@pytest.mark.parametrize("cell", [0, 1, 2, 22, 23])
def test_pooler_s_maps_can_be_highest_in_any_cell(cell):
    """With repeated outermost cells, not in the second ones from a border."""
    head = make("pooler")
    row = torch.full((1, 1, 14, 14), -9.0)
    # twelve cells, and one more on each side; the nearer neighbour is the higher one
    near, side = cell // 2 + 1, 1 if cell % 2 else -1
    row[..., near], row[..., near + side] = 9.0, 3.0
    head.output.forward = lambda features: row.expand(1, 3, -1, -1)
    (maps,) = head(feats_of("pooler"), torch.tensor([[0.0, 4, 6, 90, 120]]))
    assert (maps.argmax(dim=-1) == cell).all()


def test_maps_that_are_no_numbers():
    head = make("guider").eval()
    feats = [feat * torch.nan for feat in feats_of("guider")]
    with pytest.raises(InputError, match="maps of boxes are not finite"):
        head.predict(feats, BOXES)


@pytest.mark.parametrize(
    "options",
    [dict(in_channels=(4, 8)), dict(num_guiders=0), dict(input_size=100)],
)
def test_bad_options(options):
    with pytest.raises(ConfigError, match="ROIGuider"):
        MODELS.build({**HEADS["guider"], **options})


def test_defaults_are_those_of_the_paper_s_rows():
    with torch.device("meta"):
        guider, pooler = ROIGuider(), ROIPooler()
    assert guider.map_size == (48, 48) and pooler.map_size == (56, 56)
    assert guider.loss_module.loss_weight == 3.0
    assert (guider.loss_module.alpha, guider.loss_module.gamma) == (2.0, 4.0)
