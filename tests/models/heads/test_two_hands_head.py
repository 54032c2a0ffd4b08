"""DIR's decoder: shapes, its loss, gradients, and what each option changes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import Tensor

import mmsia.all  # noqa: F401, registers the head
from mmsia.errors import ConfigError, InputError
from mmsia.models.heads import TwoHandsHead
from mmsia.models.heads.two_hands_head import TwoHands
from mmsia.ops.hand_sets import HandMaps

CHANNELS = (6, 8, 12)


def make(**options: Any) -> TwoHandsHead:
    init_default_scope("mmpose")
    small = {"channels": 8, "joint_channels": 8, "features": 4}
    return MODELS.build(
        {"type": "TwoHandsHead", "in_channels": CHANNELS, **small, **options}
    )


def spread(head: TwoHandsHead, seed: int = 0) -> TwoHandsHead:
    """Let every part matter: as drawn, hands are nearly points.

    The cameras keep the hands in the image.
    """
    generator = torch.Generator().manual_seed(seed)
    for parameter in head.parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)
    regressors = [head.initial.hands, *(stage.joints.hands for stage in head.stages)]
    for linear in (each for pair in regressors for each in pair):
        linear.weight.data[61:] *= 0.05
        linear.bias.data[61:] = torch.tensor([4.0, 0.1, -0.1])
    return head.eval()


def levels(batch: int = 2, edge: int = 4) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randn(batch, channels, size, size, generator=generator)
        for channels, size in zip(CHANNELS, (4 * edge, 2 * edge, edge), strict=True)
    ]


def truth(head: TwoHandsHead) -> tuple[Any, HandMaps]:
    generator = torch.Generator().manual_seed(2)
    numbers = torch.randn(2, 2, 64, generator=generator)
    hands = head.decode(numbers, torch.randn(2, 3, generator=generator)).hands
    classes = torch.arange(2 * 32 * 32).view(2, 32, 32) % 3
    return hands, HandMaps(classes, torch.rand(2, 3, 32, 32, generator=generator))


def test_three_sets_and_maps_of_the_finest_level() -> None:
    found = make()(levels())
    assert list(found.estimates) == ["initial", "stage1", "stage2"]
    for each in found.estimates.values():
        assert each.parameters.shape == (2, 2, 64) and each.camera.shape == (2, 2, 3)
        shapes = [tuple(part.shape) for part in each.hands]
        joints, mesh = (2, 2, 21), (2, 2, 778)
        assert shapes == [(*joints, 2), (*mesh, 2), (*joints, 3), (*mesh, 3), (2, 3)]
    assert [part.shape for part in found.maps] == [(2, 3, 16, 16)] * 2


def test_42_terms_whose_gradients_reach_every_parameter() -> None:
    """In evaluation, where a bias before a norm is no constant that it takes out."""
    head = spread(make())
    terms = head.loss(levels(), *truth(head))
    assert len(terms) == 42
    sum(terms.values()).backward()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize(
    "options",
    [
        dict(maps=False),
        dict(num_stages=1),
        dict(num_stages=0),
        dict(graph=False),
        dict(transformer=False),
        dict(projection="none"),
        dict(projection="shared"),
        dict(projection="shared", maps=False),
    ],
    ids=str,
)
def test_no_option_leaves_a_part_without_use(options: dict[str, Any]) -> None:
    head = spread(make(**options))
    terms = head.loss(levels(), *truth(head))
    sum(terms.values()).backward()
    idle = [
        name
        for name, parameter in head.named_parameters()
        if parameter.grad is None or parameter.grad.abs().max() == 0
    ]
    assert idle == []


def test_every_linear_layer_starts_near_zero_and_graphs_do_not() -> None:
    torch.manual_seed(0)
    head = make(in_channels=(64, 64, 64), joint_channels=64, features=32, channels=64)
    linear = [m.weight for m in head.modules() if isinstance(m, torch.nn.Linear)]
    assert len(linear) == 3 + 2 * (1 + 3 + 3 * 3)
    for weight in linear:
        assert weight.std().item() == pytest.approx(0.001, rel=0.2)
    for stage in head.stages:
        graph = stage.joints.graphs[0].layers[0].weight
        # uniform within 1.414 sqrt(6 / 128): a variance of a third of its square
        assert graph.std().item() == pytest.approx((4 / 128) ** 0.5, rel=0.02)
        painted = stage.projection.fusion[0].weight
        assert painted.std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)


def test_learns_one_batch_in_a_few_steps() -> None:
    torch.manual_seed(0)
    head = make()
    target, maps = truth(head)
    optimizer = torch.optim.AdamW(head.parameters(), lr=5e-3)
    totals = []
    for _ in range(8):
        total = sum(head.loss(levels(), target, maps).values())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    assert totals[-1] < 0.8 * totals[0]


def test_no_set_pulls_at_the_sets_before_it() -> None:
    head = spread(make())
    found = head(levels())
    late = found.estimates["stage2"].parameters.sum()
    late.backward()
    assert all(p.grad is None for p in head.initial.parameters())
    first = head.stages[0]
    # by the painted map alone: stage 1's regressors move what is painted
    assert first.joints.hands[0].weight.grad.abs().max() > 0
    unpainted = spread(make(projection="none"))
    unpainted(levels()).estimates["stage2"].parameters.sum().backward()
    assert unpainted.stages[0].joints.hands[0].weight.grad is None


STAGES = ("stages.0.", "stages.1.")


def inside(*names: str) -> tuple[str, ...]:
    return tuple(stage + name for stage in STAGES for name in names)


@pytest.mark.parametrize(
    ("options", "gone", "other", "new", "same"),
    [
        (dict(num_stages=0), (*STAGES, "maps."), (), (), 1),
        (dict(num_stages=1), ("stages.1.",), (), (), 2),
        (dict(graph=False), inside("joints.graphs."), (), (), 1),
        (dict(transformer=False), inside("joints.transformer."), (), (), 1),
        (
            dict(projection="none"),
            inside("projection.", "enhance.skip."),
            inside("enhance.body.0.", "enhance.body.2.weight"),
            (),
            2,
        ),
        (
            dict(projection="summed"),
            (),
            inside("projection.fusion.0.weight"),
            (),
            2,
        ),
        (
            dict(projection="joints"),
            (),
            inside("projection.fusion.0.weight"),
            (),
            2,
        ),
        (
            dict(projection="shared"),
            inside("projection."),
            (),
            inside("joints.cells.", "projection."),
            1,
        ),
        (
            dict(maps=False),
            ("maps.", "stages.1.projection.", "stages.1.enhance."),
            (),
            (),
            3,
        ),
    ],
    ids=str,
)
def test_an_option_changes_what_it_says_and_nothing_else(
    options: dict[str, Any],
    gone: tuple[str, ...],
    other: tuple[str, ...],
    new: tuple[str, ...],
    same: int,
) -> None:
    """Parts by name and shape; how many estimates stay as they were."""
    usual, changed = spread(make()), spread(make(**options), seed=1)
    ours, theirs = usual.state_dict(), changed.state_dict()
    common = {
        name: value
        for name, value in ours.items()
        if name in theirs and theirs[name].shape == value.shape
    }
    for name in set(ours) - set(theirs):
        assert name.startswith(gone), name
    for name in set(theirs) - set(ours):
        assert name.startswith(new), name
    for name in (set(ours) & set(theirs)) - set(common):
        assert name.startswith(other), name
    for prefix in set(gone) - set(new):
        assert not any(name.startswith(prefix) for name in theirs)
    changed.load_state_dict(common, strict=False)
    agree = _agreeing(usual(levels()), changed(levels()))
    assert agree == [True] * same + [False] * (len(agree) - same)


def _agreeing(one: TwoHands, other: TwoHands) -> list[bool]:
    return [
        torch.allclose(each.parameters, one.estimates[name].parameters, rtol=1e-6)
        for name, each in other.estimates.items()
    ]


@pytest.mark.parametrize("painting", ["bones", "joints"])
def test_hands_in_one_place_never_mix_on_the_map(painting: str) -> None:
    """A convolution that is blind to the right hand's channels sees the left alone."""
    changes = [_change_by_right_hand(painting, blind) for blind in (True, False)]
    assert changes[0] == 0 and changes[1] > 1e-3


def test_hands_in_one_plane_do_mix() -> None:
    assert _change_by_right_hand("summed", blind=False) > 1e-3


def _change_by_right_hand(painting: str, blind: bool) -> float:
    """How much a stage's map moves when the right hand's features alone do."""
    head = make(projection=painting, graph=False, transformer=False, num_stages=1)
    stage = spread(head).stages[0]
    decode = make().decode
    numbers = torch.zeros(1, 2, 64)
    numbers[..., :6] = torch.tensor([1.0, 0, 0, 0, 1, 0])
    numbers[..., 61] = 6
    # the left hand is the right one's mirror image: both on x = 0
    numbers[..., 62:] = 0.1
    before = decode(numbers, torch.zeros(1, 3))

    def both_in_one_place(parameters: Tensor, offset: Tensor) -> Any:
        keypoints = before.hands.keypoints[:, :1].expand(1, 2, 21, 2)
        return before._replace(hands=before.hands._replace(keypoints=keypoints))

    if blind:
        weight = stage.projection.fusion[0].weight.data
        weight[:, weight.shape[1] // 2 :] = 0
    finer, coarse = levels(1)[1:]
    maps = []
    for shift in (0.0, 1.0):
        # one number of each joint: a norm takes out what all of them gain
        stage.joints.own_place[1].body[-1].bias.data[0] += shift
        maps.append(stage(coarse, finer, before, both_in_one_place).maps)
    return (maps[0] - maps[1]).abs().max().item()


def test_maps_that_are_not_each_half_the_one_before_are_refused() -> None:
    head = make()
    fine, middle, coarse = levels()
    with pytest.raises(InputError, match=r"square.*multiple of 32"):
        head([fine, middle[..., :-1], coarse])
    with pytest.raises(InputError, match=r"\(6, 16, 16\).*\(6, 15, 15\)"):
        head([fine[..., :-1, :-1], middle, coarse])
    with pytest.raises(InputError, match="maps of the encoder"):
        head([middle, coarse])


def test_options_that_make_no_network_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"num_stages with 3 maps.*0 to 2, got 3"):
        make(num_stages=3)
    with pytest.raises(ConfigError, match=r"bones, joints, summed.*'planes'"):
        make(projection="planes")
    with pytest.raises(ConfigError, match="shared space is made by the transformer"):
        make(projection="shared", transformer=False)


def test_hands_stay_in_single_precision_where_the_rest_is_half() -> None:
    head = spread(make())
    with torch.autocast("cpu", torch.bfloat16):
        terms = head.loss(levels(), *truth(head))
        found = head(levels())
    sum(terms.values()).backward()
    assert found.maps.classes.dtype == torch.bfloat16
    for estimate in found.estimates.values():
        assert all(each.dtype == torch.float32 for each in estimate.hands)
    assert all(p.grad.isfinite().all() for p in head.parameters())
