"""Categories and their models: keypoints, links, solids, what training leaves out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mmsia.datasets.simulated.objects_categories import (
    CATEGORIES,
    OTHER_MODELS,
    PASCAL_CATEGORIES,
    TRAINING_MODELS,
    cad_model,
)
from mmsia.datasets.simulated.objects_dice import INNER, Dice
from mmsia.datasets.simulated.objects_solids import BODY, DARK, Solid, rectangle
from mmsia.errors import InputError

NAMES = list(CATEGORIES)
ALL_MODELS = range(TRAINING_MODELS + OTHER_MODELS)


@pytest.mark.parametrize("name", NAMES)
def test_four_to_sixteen_keypoints_and_connected_links(name: str) -> None:
    category = CATEGORIES[name]
    count = len(category.keypoints)
    assert 4 <= count <= 16
    assert len(set(category.keypoints)) == count
    assert len({frozenset(link) for link in category.links}) == len(category.links)
    reached, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        for link in category.links:
            if here in link:
                other = link[0] + link[1] - here
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
    assert reached == set(range(count))


def test_pascal_has_its_twelve() -> None:
    assert PASCAL_CATEGORIES == (
        *("aeroplane", "bicycle", "boat", "bottle", "bus", "car", "chair"),
        *("diningtable", "motorbike", "sofa", "train", "tvmonitor"),
    )
    assert len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_models_are_sound_and_keypoints_lie_on_them(name: str) -> None:
    for number in (*range(0, TRAINING_MODELS, 6), TRAINING_MODELS, ALL_MODELS[-1]):
        model = cad_model(name, number)
        low, high = model.vertices.min(axis=0), model.vertices.max(axis=0)
        np.testing.assert_allclose(low + high, 0, atol=1e-12)
        assert (high - low).max() == pytest.approx(1)
        np.testing.assert_allclose(np.linalg.norm(model.normals, axis=1), 1, atol=1e-9)
        a, b, c = (model.vertices[model.faces[:, k]] for k in range(3))
        flat = np.cross(b - a, c - a)
        assert np.linalg.norm(flat, axis=1).min() > 0
        outward = np.einsum("ij,ij->i", flat, model.normals[model.faces].sum(axis=1))
        assert (outward > 0).mean() > 0.999
        for key, point in zip(CATEGORIES[name].keypoints, model.keypoints, strict=True):
            assert _distance(point, a, b, c) < 0.03, (name, number, key)


def _distance(point: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    """Distance to the nearest of many triangles, sampled finely."""
    share = np.array([(i, j, 8 - i - j) for i in range(9) for j in range(9 - i)]) / 8
    samples = np.einsum("sk,kfi->sfi", share, np.stack([a, b, c]))
    return float(np.linalg.norm(samples - point, axis=-1).min())


@pytest.mark.parametrize("name", NAMES)
def test_every_piece_is_closed(name: str) -> None:
    model = cad_model(name, 0)
    for part in np.unique(model.parts):
        corners = model.vertices[model.faces[model.parts == part]].round(7)
        edges = Counter(
            (tuple(face[k]), tuple(face[(k + 1) % 3]))
            for face in corners.tolist()
            for k in range(3)
            if face[k] != face[(k + 1) % 3]
        )
        assert all(edges[edge] == edges[edge[::-1]] for edge in edges), (name, part)


@pytest.mark.parametrize("name", NAMES)
def test_left_is_left(name: str) -> None:
    """Left keypoints lie at larger x than their right partners: the front is -y."""
    model, keys = cad_model(name, 3), CATEGORIES[name].keypoints
    pairs = [(k, k.replace("left", "right")) for k in keys if "left" in k]
    for left, right in pairs:
        x = model.keypoints[[keys.index(left), keys.index(right)], 0]
        assert x[0] > x[1], (left, right)


@pytest.mark.slow
def test_other_models_have_proportions_that_training_has_not() -> None:
    outside = 0
    for name in NAMES:
        known = np.array([_proportions(name, n) for n in range(TRAINING_MODELS)])
        low, high = known.min(axis=0), known.max(axis=0)
        others = [_proportions(name, n) for n in ALL_MODELS[TRAINING_MODELS:]]
        beyond = [bool(((p < low) | (p > high)).any()) for p in others]
        outside += np.mean(beyond)
        assert np.ptp(known, axis=0).max() > 0.05, f"all models of {name} are alike"
    assert outside / len(NAMES) > 0.8


def _proportions(name: str, number: int) -> np.ndarray:
    points = cad_model(name, number).keypoints
    return np.linalg.norm(points[:, None] - points[None], axis=-1)[
        np.triu_indices(len(points), 1)
    ]


def test_dice_keep_training_inside() -> None:
    rng = np.random.default_rng(0)
    inside = [Dice(rng, False)(10, 20) for _ in range(400)]
    assert min(inside) >= 10 + 10 * INNER
    assert max(inside) <= 20 - 10 * INNER
    first = np.array([Dice(rng, True)(10, 20) for _ in range(400)])
    assert ((first < 10 + 10 * INNER) | (first > 20 - 10 * INNER)).all()
    assert first.min() >= 10
    assert first.max() <= 20
    assert 0.4 < (first < 15).mean() < 0.6


def test_a_box_by_hand() -> None:
    solid = Solid()
    solid.box((0, 1), (0, 2), (0, 3), DARK)
    assert solid.materials == [DARK] * 12
    corners = np.concatenate(solid.corners)
    a, b, c = corners.transpose(1, 0, 2)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert volume == pytest.approx(6)  # positive: faces look outwards
    assert rectangle((0, 1), (0, 2), 3)[2] == (1, 2, 3)


def test_a_tube_has_the_volume_of_its_polygon() -> None:
    solid = Solid()
    solid.tube([(0, 0, 0), (0, 0, 2)], [1, 1], BODY, sides=12)
    a, b, c = np.concatenate(solid.corners).transpose(1, 0, 2)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert volume == pytest.approx(2 * 3)  # a regular dodecagon's area is 3


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(InputError, match=r"car.*0 to 71.*72"):
        cad_model("car", 72)
