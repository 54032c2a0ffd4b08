"""DIR's 42 terms: counted, by hand, zero for the truth, and named when wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import Tensor

import mmsia.all  # noqa: F401, registers the loss
from mmsia.datasets.simulated.twohands_model import stand_in
from mmsia.errors import ConfigError, InputError
from mmsia.models.losses import TwoHandsLoss
from mmsia.models.losses.hand_mesh_terms import edge_lengths, edge_normals, huber
from mmsia.models.losses.two_hands_loss import WEIGHTS
from mmsia.ops.hand_sets import HandMaps, HandSet

FACES = torch.from_numpy(stand_in().f)
ONE_FACE = torch.tensor([[0, 1, 2]])


def truth(batch: int = 2) -> HandSet:
    rng = np.random.default_rng(0)
    mesh = torch.from_numpy(stand_in().v_template).expand(batch, 2, 778, 3)
    shapes = ((2, 21, 2), (2, 778, 2), (2, 21, 3))
    drawn = [torch.from_numpy(rng.normal(size=(batch, *shape))) for shape in shapes]
    offset = torch.from_numpy(rng.normal(size=(batch, 3)))
    return HandSet(*drawn, mesh.contiguous(), offset)


def true_maps(batch: int = 2) -> HandMaps:
    classes = torch.arange(batch * 64).reshape(batch, 8, 8) % 3
    return HandMaps(classes, torch.linspace(0, 1, batch * 192).view(batch, 3, 8, 8))


def maps(batch: int = 2) -> HandMaps:
    return HandMaps(torch.zeros(batch, 3, 4, 4), torch.zeros(batch, 3, 4, 4))


def triangle(*corners: tuple[float, float, float]) -> Tensor:
    return torch.tensor(corners, dtype=torch.float32).expand(1, 2, 3, 3)


def test_three_sets_and_the_maps_have_42_terms() -> None:
    sets = dict.fromkeys(("initial", "stage1", "stage2"), truth())
    terms = TwoHandsLoss()(sets, truth(), FACES, maps(), true_maps())
    assert len(terms) == 42 == 13 * 3 + 3
    assert all(name.startswith("loss_") and v.ndim == 0 for name, v in terms.items())
    for name in sets:
        assert sum(key.startswith(f"loss_{name}_") for key in terms) == 13


def test_the_truth_costs_nothing_but_normals_across_edges() -> None:
    """Normals of a triangle are at right angles with its own edges: rounding alone."""
    terms = TwoHandsLoss()({"one": truth()}, truth(), FACES)
    assert len(terms) == 13
    for name, value in terms.items():
        assert value.item() == pytest.approx(0, abs=1e-12), name


def test_smooth_l1_by_hand() -> None:
    """0.5 * 0.004^2 below 0.01, above 0.01 * (0.25 - 0.005); each hand by itself."""
    output = torch.zeros(1, 2, 2, 1, dtype=torch.float64)
    output[0, 0, 0], output[0, 1, 1] = 0.004, -0.25
    wanted = [0.5 * 0.004**2 / 2, 0.01 * 0.245 / 2]
    np.testing.assert_allclose(huber(output, torch.zeros_like(output)), wanted)


def test_edges_by_hand() -> None:
    """Edges 3, 4, 5 against 6, 8, 10: mean of 3, 4 and 5."""
    small = triangle((0, 0, 0), (3, 0, 0), (0, 4, 0))
    np.testing.assert_allclose(edge_lengths(small, 2 * small, ONE_FACE), [4, 4])


def test_normals_by_hand() -> None:
    """Normal along z; edges tilted by 0, 45 and 45 degrees out of the plane."""
    flat = triangle((0, 0, 0), (1, 0, 0), (0, 1, 0))
    tilted = triangle((0, 0, 0), (2, 0, 0), (1, 0, 1))
    found = edge_normals(tilted, 3 * flat, ONE_FACE)
    np.testing.assert_allclose(found, [2 * math.sqrt(0.5) / 3] * 2, rtol=1e-6)


def test_a_mesh_without_extent_has_finite_gradients() -> None:
    point = torch.zeros(1, 2, 3, 3, requires_grad=True)
    flat = triangle((0, 0, 0), (1, 0, 0), (0, 1, 0))
    for term in (edge_lengths, edge_normals):
        for output, target in ((point, flat), (point, point.detach())):
            (gradient,) = torch.autograd.grad(
                term(output, target, ONE_FACE).sum(), point
            )
            assert gradient.isfinite().all()


@pytest.mark.parametrize(
    ("field", "index", "name", "wanted"),
    [
        ("keypoints", (0, 0, 5, 1), "left_keypoints", 10 * 0.00995 / (2 * 42)),
        ("contour", (1, 1, 7, 0), "right_contour", 10 * 0.00995 / (2 * 1556)),
        ("joints", (0, 1, 5, 1), "right_joints", 10 * (0.01 / 0.15 - 5e-5) / (2 * 63)),
        ("offset", (1, 2), "offset", 10 * 0.00995 / (2 * 3)),
    ],
)
def test_one_number_that_is_off_by_one(
    field: str, index: tuple[int, ...], name: str, wanted: float
) -> None:
    """Rho(1) is 0.01 * 0.995; metres count 1 / 0.15 as much. Nothing else changes."""
    moved = getattr(truth(), field).clone()
    moved[index] += 1
    estimate = truth()._replace(**{field: moved})
    terms = TwoHandsLoss()({"stage2": estimate}, truth(), FACES)
    assert terms.pop(f"loss_stage2_{name}").item() == pytest.approx(wanted)
    assert max(terms.values()).item() == pytest.approx(0, abs=1e-12)


def test_a_moved_mesh_costs_in_vertices_alone() -> None:
    estimate = truth()._replace(vertices=truth().vertices + 0.03)
    terms = TwoHandsLoss()({"a": estimate}, truth(), FACES)
    for side in ("left", "right"):
        wanted = 10 * 0.01 * (0.03 / 0.15 - 0.005)
        assert terms[f"loss_a_{side}_vertices"].item() == pytest.approx(wanted)
        assert terms[f"loss_a_{side}_edges"].item() == pytest.approx(0, abs=1e-9)


def test_a_grown_hand_costs_in_its_edges() -> None:
    grown = truth().vertices.clone()
    grown[:, 1] *= 1.1
    terms = TwoHandsLoss()({"a": truth()._replace(vertices=grown)}, truth(), FACES)
    mesh = stand_in().v_template
    corners = mesh[stand_in().f]
    ends = np.roll(corners, 1, axis=1)
    wanted = 0.1 * np.linalg.norm(corners - ends, axis=-1).mean() / 0.15
    assert terms["loss_a_right_edges"].item() == pytest.approx(wanted)
    assert terms["loss_a_left_edges"].item() == pytest.approx(0, abs=1e-12)


def test_terms_of_the_maps_by_hand() -> None:
    """Labels are every other pixel's, dense targets the mean of four pixels."""
    found, true = maps(), true_maps()
    terms = TwoHandsLoss()({}, truth(), FACES, found, true)
    assert set(terms) == {"loss_classes", "loss_lovasz", "loss_dense"}
    # all classes alike: log 3 for every pixel, however pixels are weighted
    assert terms["loss_classes"].item() == pytest.approx(0.1 * math.log(3))
    means = true.dense.view(2, 3, 4, 2, 4, 2).mean((3, 5))
    rho = torch.where(means < 0.01, 0.5 * means**2, 0.01 * (means - 0.005))
    assert terms["loss_dense"].item() == pytest.approx(rho.mean().item())
    labels = true.classes[:, ::2, ::2]
    found.classes.copy_(10 * torch.eye(3)[labels].movedim(-1, 1))
    shared = TwoHandsLoss(lovasz_on="logits")({}, truth(), FACES, found, true)
    # each class errs by |1 - 10| on its own pixels alone: the mean is 9
    assert shared["loss_lovasz"].item() == pytest.approx(0.1 * 9)


def test_background_counts_less_in_the_cross_entropy() -> None:
    """Background wrong, one pixel in two: (0.1 * a + 0.45 * b) / 0.55."""
    logits = torch.tensor([[0.0, 0], [2, 2], [0, 0]]).view(1, 3, 1, 2)
    classes = torch.tensor([[[0, 1]]])
    dense = torch.zeros(1, 3, 1, 2)
    terms = TwoHandsLoss({"classes": 1.0})(
        {}, truth(), FACES, HandMaps(logits, dense), HandMaps(classes, dense)
    )
    total = math.log(2 + math.exp(2))
    wanted = (0.1 * total + 0.45 * (total - 2)) / 0.55
    assert terms["loss_classes"].item() == pytest.approx(wanted)


def test_weights_scale_their_terms() -> None:
    estimate = HandSet(*(each + 0.1 for each in truth()))
    usual = TwoHandsLoss()({"a": estimate}, truth(), FACES)
    twice = {term: 2 * weight for term, weight in WEIGHTS.items()}
    for name, value in TwoHandsLoss(twice)({"a": estimate}, truth(), FACES).items():
        assert value.item() == pytest.approx(2 * usual[name].item(), rel=1e-6)


def test_half_precision_is_widened() -> None:
    half = HandSet(*(each.half() for each in truth()))
    single = HandSet(*(each.float() for each in truth()))
    terms = TwoHandsLoss()({"a": half}, single, FACES)
    assert all(value.dtype == torch.float32 for value in terms.values())


def test_builds_from_a_config() -> None:
    init_default_scope("mmpose")
    loss = MODELS.build(dict(type="TwoHandsLoss", lovasz_on="logits"))
    assert loss.lovasz.on == "logits" and not loss.state_dict()


def test_bad_input_is_named() -> None:
    with pytest.raises(ConfigError, match=r"keypoints.*got verts"):
        TwoHandsLoss({"verts": 1.0})
    wrong = truth()._replace(joints=truth().joints[:, :1])
    with pytest.raises(InputError, match=r"joints of 'a'.*\(2, 2, 21, 3\)"):
        TwoHandsLoss()({"a": wrong}, truth(), FACES)
    with pytest.raises(InputError, match="true maps, got none"):
        TwoHandsLoss()({}, truth(), FACES, maps())
