from __future__ import annotations

import numpy as np
import pytest
from mmpose.datasets.transforms import TopdownAffine

from mmsia.datasets.transforms.hand_square import HandSquare, square_around
from mmsia.errors import ConfigError, DataError

SIZE = 256


def hand(points, visible=None, image=(100, 200)):
    points = np.asarray(points, dtype=np.float32)[None]
    visible = np.ones(points.shape[:2]) if visible is None else np.array([visible])
    return {
        "img": np.full((*image, 3), 255, dtype=np.uint8),
        "keypoints": points,
        "keypoints_visible": visible.astype(np.float32),
        "bbox": np.array([[0, 0, 1, 1]], dtype=np.float32),
    }


def crop(results):
    return TopdownAffine((SIZE, SIZE))(HandSquare()(results))


def test_a_square_worked_by_hand():
    # 20 wide, 50 high: 2.2 * 50 = 110, around (30, 45).
    center, side = square_around(np.array([[20, 30], [40, 20], [35, 70.0]]), 2.2)
    assert center.tolist() == [30, 45]
    assert side == pytest.approx(110, abs=1e-12)


def test_the_box_of_the_annotation_does_not_matter():
    results = HandSquare()(hand([[20, 30], [40, 20], [35, 70]]))
    np.testing.assert_allclose(results["bbox_center"], [[30, 45]])
    np.testing.assert_allclose(results["bbox_scale"], [[110, 110]], rtol=1e-6)


def test_keypoints_land_where_the_square_says():
    rng = np.random.default_rng(5)
    for _ in range(20):
        points = rng.uniform((300, 200), (700, 900), (21, 2)).astype(np.float32)
        results = crop(hand(points, image=(1080, 1920)))
        low, high = points.min(axis=0), points.max(axis=0)
        side = 2.2 * (high - low).max()
        corner = (low + high) / 2 - side / 2
        expected = (points - corner) * SIZE / side
        found = results["transformed_keypoints"][0]
        np.testing.assert_allclose(found, expected, atol=2e-3)
        # The longer side of the hand fills 1 / 2.2 of the crop, in its middle.
        longer = np.ptp(found, axis=0).argmax()
        np.testing.assert_allclose(
            [found[:, longer].min(), found[:, longer].max()],
            SIZE / 2 * np.array([1 - 1 / 2.2, 1 + 1 / 2.2]),
            atol=2e-3,
        )
        np.testing.assert_allclose(results["input_scale"], side, rtol=1e-6)
        np.testing.assert_allclose(results["input_center"], (low + high) / 2, rtol=1e-6)


def test_pixels_move_with_the_keypoints():
    results = hand([[60, 30], [100, 30], [80, 70]])
    results["img"][:] = 0
    results["img"][30, 60] = 255
    results = crop(results)
    bright = results["img"][..., 0].astype(float)
    rows, columns = np.indices(bright.shape)
    weights = bright / bright.sum()
    center = [(columns * weights).sum(), (rows * weights).sum()]
    np.testing.assert_allclose(
        center, results["transformed_keypoints"][0, 0], atol=0.05
    )


def test_outside_of_the_image_is_black():
    # The square of 88 around (20, 50) begins 24 pixels left of a white image.
    results = crop(hand([[0, 50], [40, 50]]))
    edge = 24 * SIZE / 88
    column = results["img"][SIZE // 2, :, 0]
    assert (column[: int(edge) - 3] == 0).all()
    assert (column[int(edge) + 3 :] == 255).all()


def test_labels_that_are_not_there_do_not_count():
    results = HandSquare()(hand([[20, 20], [40, 60], [0, 0]], visible=[1, 1, 0]))
    np.testing.assert_allclose(results["bbox_center"], [[30, 40]])
    np.testing.assert_allclose(results["bbox_scale"], [[88, 88]], rtol=1e-6)


def test_a_detected_hand_has_its_box():
    results = {"bbox": np.array([[10, 20, 30, 60]], dtype=np.float32)}
    results = HandSquare(ratio=2)(results)
    np.testing.assert_allclose(results["bbox_center"], [[20, 40]])
    np.testing.assert_allclose(results["bbox_scale"], [[80, 80]])


@pytest.mark.parametrize(
    ("points", "visible", "message"),
    [
        ([[5, 5], [5, 5]], [1, 1], "2 labels without extent"),
        ([[5, 5], [9, 9]], [0, 0], "0 labels"),
        ([[5, 5], [np.nan, 9]], [1, 1], "NaN"),
    ],
)
def test_a_hand_without_a_size_is_named(points, visible, message):
    results = {**hand(points, visible), "img_path": "imgs/7.jpg"}
    with pytest.raises(DataError, match=rf"imgs/7\.jpg.*{message}"):
        HandSquare()(results)


@pytest.mark.parametrize("ratio", [0, -1, float("nan")])
def test_a_ratio_is_above_0(ratio):
    with pytest.raises(ConfigError, match="above 0"):
        HandSquare(ratio)
