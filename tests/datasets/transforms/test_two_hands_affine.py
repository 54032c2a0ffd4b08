"""Image, maps, meshes and camera are warped alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mmsia.datasets.hand_models import read_hands
from mmsia.datasets.transforms import TwoHandsAffine
from mmsia.datasets.transforms.augmentation import Augmentation
from mmsia.errors import ConfigError, DataError
from mmsia.ops.hand_errors import check_sides

SIZE = 64
MIDDLE = (SIZE - 1) / 2
# Off the middle, and with two focal lengths, so that nothing holds by chance.
CAMERA = np.array([[310.0, 0, 21], [0, 300, 38], [0, 0, 1]])
STILL = dict(max_rotation=0.0, scale_range=(1.0, 1.0), max_shift=0.0)
FLIP = dict(STILL, flip_prob=1.0)


def crop() -> dict[str, Any]:
    models, generator = read_hands(), np.random.default_rng(0)
    meshes = [models[side].v_template for side in ("left", "right")]
    places = np.array([[-0.04, 0.01, 0.9], [0.05, -0.02, 1.1]])
    return dict(
        img=generator.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8),
        dense=generator.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8),
        classes=generator.integers(0, 3, (SIZE, SIZE), dtype=np.uint8),
        vertices=np.stack(meshes) + places[:, None],
        camera=CAMERA,
        rng=generator,
    )


def project(sample: dict[str, Any]) -> np.ndarray:
    seen = sample["vertices"] @ sample["camera"].T
    return seen[..., :2] / seen[..., 2:]


def fixed(monkeypatch, keep: str, **draw: Any) -> TwoHandsAffine:
    transform = TwoHandsAffine(keep=keep)
    still = dict(flip=False, rotation=0.0, scale=(1.0, 1.0), shift=(0.0, 0.0))
    chosen = Augmentation(**{**still, **draw})
    monkeypatch.setattr(transform, "_draw", lambda *_: chosen)
    return transform


@pytest.mark.parametrize("keep", ["camera", "hands"])
@pytest.mark.parametrize("flip", [False, True])
def test_projected_meshes_are_warped_as_the_image_is(monkeypatch, keep, flip):
    """Against the warp written out: turn, scale, mirror about the middle, shift."""
    draw = dict(flip=flip, rotation=37.0, scale=(1.1, 1.1), shift=(4.0, -3.0))
    before = crop()
    after = fixed(monkeypatch, keep, **draw)(crop())
    x, y = np.moveaxis(project(before) - MIDDLE, -1, 0)
    cos, sin = np.cos(np.radians(37)), np.sin(np.radians(37))
    right = 1.1 * (cos * x + sin * y)
    down = 1.1 * (cos * y - sin * x)
    wanted = np.stack([(-right if flip else right) + 4, down - 3], axis=-1) + MIDDLE
    np.testing.assert_allclose(project(after), wanted[:: -1 if flip else 1], atol=1e-9)
    np.testing.assert_array_equal(
        after["vertices"][..., 2], before["vertices"][:: -1 if flip else 1, :, 2]
    )


@pytest.mark.parametrize("keep", ["camera", "hands"])
def test_flipped_twice_is_as_before(keep):
    transform, before = TwoHandsAffine(**FLIP, keep=keep), crop()
    once = transform(crop())
    np.testing.assert_array_equal(once["img"], before["img"][:, ::-1])
    np.testing.assert_array_equal(once["dense"], before["dense"][:, ::-1])
    swapped = np.select([before["classes"] == 1, before["classes"] == 2], [2, 1])
    np.testing.assert_array_equal(once["classes"], swapped[:, ::-1])
    twice = transform(dict(once))
    for name in ("img", "dense", "classes"):
        np.testing.assert_array_equal(twice[name], before[name])
    for name in ("vertices", "camera"):
        np.testing.assert_allclose(twice[name], before[name], atol=1e-12)


@pytest.mark.parametrize("keep", ["camera", "hands"])
def test_a_flipped_left_hand_is_a_right_hand(keep):
    flipped = TwoHandsAffine(**FLIP, keep=keep)(crop())["vertices"]
    check_sides(read_hands(), flipped[None])
    with pytest.raises(DataError, match="swapped"):
        check_sides(read_hands(), flipped[None, ::-1])


@pytest.mark.parametrize("keep", ["camera", "hands"])
def test_a_quarter_turn_is_numpys(monkeypatch, keep):
    before = crop()
    after = fixed(monkeypatch, keep, rotation=90.0)(crop())
    for name in ("img", "dense", "classes"):
        np.testing.assert_array_equal(after[name], np.rot90(before[name]))
    x, y = np.moveaxis(project(before), -1, 0)
    wanted = np.stack([y, SIZE - 1 - x], axis=-1)
    np.testing.assert_allclose(project(after), wanted, atol=1e-9)


def test_what_is_kept_stays(monkeypatch):
    draw = dict(flip=True, rotation=120.0, scale=(0.9, 0.9), shift=(2.0, 5.0))
    camera = fixed(monkeypatch, "camera", **draw)(crop())["camera"]
    np.testing.assert_array_equal(camera, CAMERA)
    hands = fixed(monkeypatch, "hands", **draw)(crop())["vertices"][::-1]
    lengths = [
        np.linalg.norm(each[:, 1:] - each[:, :1], axis=-1)
        for each in (hands, crop()["vertices"])
    ]
    np.testing.assert_allclose(lengths[0], lengths[1], atol=1e-12)


def test_draws_lie_in_their_ranges_and_follow_the_generator():
    transform, generator = TwoHandsAffine(), np.random.default_rng(3)
    draws = [transform._draw(generator, 256) for _ in range(2000)]
    rotations = np.array([draw.rotation for draw in draws])
    scales = np.array([draw.scale for draw in draws])
    shifts = np.array([draw.shift for draw in draws])
    flips = np.mean([draw.flip for draw in draws])
    for values, low, high in (
        (rotations, -180, 180),
        (scales, 0.9, 1.1),
        (shifts, -10, 10),
    ):
        slack = 0.01 * (high - low)
        assert low <= values.min() < low + slack and high - slack < values.max() <= high
    assert (scales[:, 0] == scales[:, 1]).all() and 0.45 < flips < 0.55
    again = transform._draw(np.random.default_rng(3), 256)
    assert again == draws[0]


def test_crops_without_maps_and_unknown_options():
    bare = crop()
    del bare["classes"], bare["dense"]
    assert TwoHandsAffine()(bare).keys() == crop().keys() - {"classes", "dense"}
    with pytest.raises(ConfigError, match="camera, hands, got 'nothing'"):
        TwoHandsAffine(keep="nothing")
