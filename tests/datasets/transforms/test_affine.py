from __future__ import annotations

import numpy as np
import pytest
from mmpose.registry import TRANSFORMS

from mmsia.datasets.transforms import OffsetGuidedAffine
from mmsia.datasets.transforms.augmentation import Augmentation
from mmsia.errors import ConfigError, DataError

FLIP = [0, 2, 1]
STILL = {
    "flip_prob": 0.0,
    "max_rotation": 0.0,
    "scale_range": (1.0, 1.0),
    "stretch_range": (1.0, 1.0),
    "max_shift": 0,
}


def sample(width=96, height=64, keypoints=((60.0, 30.0), (50.0, 20.0), (70.0, 22.0))):
    """A black image with a white blob at each keypoint of one person."""
    keypoints = np.array([keypoints], dtype=np.float32)
    image = np.zeros((height, width, 3), np.uint8)
    for x, y in keypoints[0].round().astype(int):
        image[y - 1 : y + 2, x - 1 : x + 2] = 255
    return {
        "img": image,
        "ori_shape": (height, width),
        "img_path": "some.jpg",
        "keypoints": keypoints,
        "keypoints_visible": np.ones((1, 3), np.float32),
        "bbox": np.array([[40.0, 10.0, 80.0, 40.0]], np.float32),
        "area": np.array([1200.0], np.float32),
        "valid_mask": np.full((height, width), 255, np.uint8),
        "flip_indices": FLIP,
        "rng": np.random.default_rng(0),
    }


def compose(draw, centre, size, move=(0, 0)):
    """The warp as the product of single steps on column vectors (notes, 8.2)."""

    def translate(x, y):
        return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])

    c, s = np.cos(np.deg2rad(draw.rotation)), np.sin(np.deg2rad(draw.rotation))
    rotate = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    scale = np.diag([*draw.scale, 1])
    flip = np.diag([-1 if draw.flip else 1, 1, 1])
    shift = np.array(draw.shift) + move
    middle = translate((size[0] - 1) / 2, (size[1] - 1) / 2)
    return translate(*shift) @ middle @ flip @ scale @ rotate @ translate(*-centre)


@pytest.mark.parametrize("flip", [False, True])
def test_matrix_is_the_product_of_its_steps(flip):
    draw = Augmentation(flip, 30.0, (1.4, 1.5), (12.0, -7.0))
    centre = np.array([40.0, 25.0])
    expected = compose(draw, centre, (512, 256))[:2]
    matrix = draw.matrix(centre, (512, 256), np.zeros(2))
    np.testing.assert_allclose(matrix, expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_keypoints_go_where_the_picture_goes(seed):
    results = sample()
    results["rng"] = np.random.default_rng(seed)
    transform = OffsetGuidedAffine(
        (128, 96), scale_range=(0.9, 1.6), max_shift=10, fill=(0, 0, 0)
    )
    results = transform(results)
    assert results["img"].shape == (96, 128, 3) and results["img_shape"] == (96, 128)
    grey = results["img"].mean(-1)
    for (x, y), seen in zip(
        results["keypoints"][0], results["keypoints_visible"][0], strict=True
    ):
        if seen and 3 < x < 124 and 3 < y < 92:
            assert grey[round(float(y)), round(float(x))] > 120


def test_flip_swaps_left_and_right():
    transform = OffsetGuidedAffine((96, 64), **{**STILL, "flip_prob": 1.0})
    transform.centring = "image"
    visible = sample()["keypoints_visible"].copy()
    visible[0, 1] = 0
    results = transform({**sample(), "keypoints_visible": visible})
    # x -> 95 - x; the new type 1 is the old type 2
    expected = [[35, 30], [25, 22], [45, 20]]
    np.testing.assert_allclose(results["keypoints"][0], expected, atol=1e-4)
    assert results["keypoints_visible"][0].tolist() == [1, 1, 0]


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_people_land_in_the_middle_by_default(flip):
    options = {**STILL, "flip_prob": flip, "scale_range": (2.0, 2.0)}
    results = OffsetGuidedAffine((96, 64), **options)(sample())
    points = results["keypoints"][0]
    middle = (points.min(0) + points.max(0)) / 2
    np.testing.assert_allclose(middle, [47.5, 31.5], atol=1e-4)


def test_the_authors_form_is_as_the_notes_report_it():
    """With a flip, a person at x = 500 of 640 goes to about -105 of 512."""
    results = sample(640, 480, [(500.0, 240.0), (490.0, 230.0), (510.0, 250.0)])
    options = {**STILL, "flip_prob": 1.0}
    results = OffsetGuidedAffine(centring="authors", **options)(results)
    assert results["keypoints"][0, 0, 0] == pytest.approx(-105.5, abs=0.6)
    assert (results["keypoints_visible"] == 0).all()
    results = sample(640, 480, [(500.0, 240.0), (490.0, 230.0), (510.0, 250.0)])
    plain = OffsetGuidedAffine(centring="authors", **STILL)(results)
    np.testing.assert_allclose(plain["keypoints"][0, 0], [255, 255], atol=0.6)


def test_keypoints_outside_are_not_annotated():
    keypoints = [(0.0, 10.0), (96.0, 10.0), (96.5, 10.0)]
    transform = OffsetGuidedAffine((96, 64), centring="image", **STILL)
    results = sample()
    results["keypoints"] = np.array([keypoints], np.float32)
    results = transform(results)
    # the released code's rule: 0 is outside, the width itself inside
    assert results["keypoints_visible"][0].tolist() == [0, 1, 0]


def test_boxes_become_corners_and_keep_their_share_of_area():
    results = OffsetGuidedAffine((96, 64), max_shift=0)(sample())
    corners, matrix = results["bbox"][0], results["warp_mat"]
    assert corners.shape == (4, 2)
    x, y = corners[[0, 1, 3, 2]].T if _crossed(corners) else corners.T
    area = 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    factor = abs(np.linalg.det(matrix[:, :2]))
    assert area == pytest.approx(1200 * factor, rel=1e-4)
    assert results["area"][0] == pytest.approx(1200 * factor, rel=1e-4)


def _crossed(corners):
    """Whether the corners are listed row by row rather than around the box."""
    a, b, c, d = corners
    return np.allclose(b - a, d - c)


def test_mask_is_warped_and_valid_outside_the_image():
    results = sample()
    results["valid_mask"][:, :48] = 0
    transform = OffsetGuidedAffine((192, 64), centring="image", **STILL)
    mask = transform(results)["valid_mask"]
    assert mask.shape == (64, 192)
    assert (mask[:, :46] == 255).all()  # outside
    assert (mask[:, 52:92] == 0).all()
    assert (mask[:, 100:] == 255).all()


def test_the_draw_stays_in_its_ranges_and_follows_its_generator():
    transform = OffsetGuidedAffine()
    draws = [transform._draw(np.random.default_rng(i)) for i in range(400)]
    scales = np.array([draw.scale for draw in draws])
    shifts = np.array([draw.shift for draw in draws])
    rotations = np.array([draw.rotation for draw in draws])
    assert 0.5 * 0.95 <= scales.min() < 0.55 and 1.9 < scales.max() <= 2.0 * 1.05
    assert (np.abs(scales[:, 0] / scales[:, 1] - 1) <= 0.11).all()
    assert np.abs(shifts).max() <= 150 and (shifts == shifts.round()).all()
    assert np.abs(rotations).max() <= 45 and np.abs(rotations).max() > 43
    assert 0.4 < np.mean([draw.flip for draw in draws]) < 0.6
    assert transform._draw(np.random.default_rng(7)) == draws[7]


@pytest.mark.parametrize(("width", "height"), [(1, 1), (8000, 200)])
def test_extreme_images_are_warped(width, height):
    results = sample()
    results["img"] = np.full((height, width, 3), 200, np.uint8)
    results["valid_mask"] = np.full((height, width), 255, np.uint8)
    results["keypoints"] = np.zeros((1, 3, 2), np.float32)
    results = OffsetGuidedAffine((128, 128))(results)
    assert results["img"].shape == (128, 128, 3)
    assert np.isfinite(results["keypoints"]).all()


def test_an_image_without_people_is_warped_around_its_middle():
    results = {"img": np.zeros((64, 96, 3), np.uint8)}
    results = OffsetGuidedAffine((96, 64), **STILL)(results)
    np.testing.assert_allclose(results["warp_mat"], [[1, 0, 0], [0, 1, 0]], atol=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_annotated_keypoints_that_are_no_numbers_are_named(bad):
    results = sample()
    results["keypoints"][0, 1, 0] = bad
    with pytest.raises(DataError, match=r"some\.jpg.*keypoint 1 of person 0"):
        OffsetGuidedAffine()(results)
    results["keypoints_visible"][0, 1] = 0
    OffsetGuidedAffine()(results)  # not annotated: nobody reads it


def test_builds_from_the_registry_and_refuses_unknown_centring():
    assert TRANSFORMS.build({"type": "OffsetGuidedAffine"}).input_size == (512, 512)
    with pytest.raises(ConfigError, match="centring"):
        OffsetGuidedAffine(centring="roi")
    with pytest.raises(ConfigError, match="scale_of"):
        OffsetGuidedAffine(scale_of="long_edge")


def test_scales_of_the_short_edge_make_it_as_long_as_the_input():
    """An image of 96 x 64 to a square of 32: at a scale of 1, half of a pixel each."""
    options = {**STILL, "scale_of": "short_edge", "centring": "image"}
    matrix = OffsetGuidedAffine((32, 32), **options)(sample())["warp_mat"]
    np.testing.assert_allclose(matrix[:, :2], 0.5 * np.eye(2), atol=1e-9)
    larger = sample(width=192, height=128)
    matrix = OffsetGuidedAffine((32, 32), **options)(larger)["warp_mat"]
    np.testing.assert_allclose(matrix[:, :2], 0.25 * np.eye(2), atol=1e-9)
