"""StarMap's crop by hand, what the image's size changes, and its random turns."""

from __future__ import annotations

import numpy as np
import pytest
from mmpose.datasets.transforms import TopdownAffine
from mmpose.registry import TRANSFORMS

import mmsia.all  # noqa: F401, registers
from mmsia.datasets.transforms.object_square import ObjectSquare, RandomObjectSquare
from mmsia.errors import ConfigError


def car(box, image=(100, 200), **options):
    return {
        "img": np.zeros((*image, 3), dtype=np.uint8),
        "bbox": np.array([box], dtype=np.float32),
        **options,
    }


@pytest.mark.parametrize(
    ("box", "image", "side"),
    [
        # 1.5 * 40
        ([10, 20, 50, 40], (100, 200), 60),
        # 1.5 * 180 is more than the 200 that the image is long
        ([10, 0, 190, 90], (100, 200), 200),
        ([0, 0, 30, 120], (120, 30), 120),
    ],
)
def test_squares_by_hand(box, image, side):
    results = ObjectSquare()(car(box, image))
    middle = (np.array(box[:2]) + box[2:]) / 2
    np.testing.assert_allclose(results["bbox_center"], [middle])
    np.testing.assert_allclose(results["bbox_scale"], [[side, side]])


def test_topdown_affine_cuts_that_square():
    results = ObjectSquare()(car([10, 20, 50, 40]))
    results["keypoints"] = np.array([[[0.0, 0], [60, 60]]], np.float32)
    cut = TopdownAffine((256, 256))(results)
    # from (0, 0) to (60, 60)
    np.testing.assert_allclose(
        cut["transformed_keypoints"], [[[0, 0], [256, 256]]], atol=1e-3
    )
    assert cut["img"].shape == (256, 256, 3)


def draws(number, **options):
    found = []
    for seed in range(number):
        results = car([10, 20, 50, 40], rng=np.random.default_rng(seed))
        found.append(RandomObjectSquare(**options)(ObjectSquare()(results)))
    parts = ("bbox_center", "bbox_scale", "bbox_rotation")
    return [np.concatenate([one[name] for one in found]) for name in parts]


def test_what_is_drawn():
    center, scale, rotation = draws(4000)
    assert (center[:, 0] == 30).all() and (scale[:, 0] == scale[:, 1]).all()
    shift, growth = center[:, 1] - 30, np.log2(scale[:, 0] / 60)
    # of a normal number cut off at two deviations, a deviation is 0.96 of one
    for values, deviation in ((shift, 10), (growth, 0.25), (rotation, 30)):
        assert np.abs(values).max() == pytest.approx(2 * deviation, rel=1e-3)
        assert abs(values.mean()) < 0.08 * deviation
    for values, deviation in (
        (shift, 10),
        (growth, 0.25),
        (rotation[rotation != 0], 30),
    ):
        assert values.std() == pytest.approx(0.96 * deviation, rel=0.05)
    assert (rotation != 0).mean() == pytest.approx(0.4, abs=0.03)
    assert np.abs(np.corrcoef([shift, growth, rotation]) - np.eye(3)).max() < 0.06


def test_a_draw_decides_all_of_it():
    one, same = draws(3), draws(3)
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    still = draws(3, scale=0.0, shift=0.0, rotation_prob=0.0)
    assert (still[0] == 30).all() and (still[1] == 60).all() and not still[2].any()


def test_bad_options():
    with pytest.raises(ConfigError, match="ObjectSquare"):
        TRANSFORMS.build(dict(type="ObjectSquare", padding=0))
