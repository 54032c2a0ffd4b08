"""Hands drawn: only where they are, what hides what, the second view, bad input."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmsia.datasets.hand_models import read_hands
from mmsia.errors import InputError
from mmsia.visualization.hand_meshes import (
    COLOURS,
    PAPER,
    draw_hands,
    draw_side_view,
    draw_views,
)

SIZE = 128
SQUARE = np.array([[0, 1, 2], [0, 2, 3]])


@pytest.fixture(scope="module")
def hands():
    """Both stand-in hands side by side, metres, and their faces."""
    models = [read_hands()[side] for side in ("left", "right")]
    apart = np.array([[-0.06, 0, 0.5], [0.06, 0, 0.52]])[:, None]
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    vertices = np.stack([m.v_template for m in models]) @ turn.T + apart
    return vertices, np.stack([np.asarray(m.f) for m in models])


def orthographic(vertices, scale=400.0):
    return scale * vertices[..., :2] + SIZE / 2


def squares(depths, lefts, side=20.0):
    """Two squares facing the camera, in pixels and, as deep, in metres."""
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]])
    pixels = np.stack([corners + np.array([left, 30]) for left in lefts])
    depth = np.broadcast_to(np.array(depths)[:, None, None], (2, 4, 1))
    return np.concatenate([pixels / 1000, depth], axis=-1), pixels


def silhouette(pixels, faces):
    """Filled triangle by triangle, by OpenCV, which takes the edges' pixels along."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for points, triangles in zip(pixels, faces, strict=True):
        for corners in points[triangles]:
            whole = np.rint(corners * 16).astype(np.int32)
            cv2.fillConvexPoly(mask, whole, 1, shift=4)
    return mask.astype(bool)


def test_pixels_change_inside_the_silhouette_alone(hands):
    vertices, faces = hands
    pixels = orthographic(vertices)
    image = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    before = image.copy()
    drawn = draw_hands(image, vertices, pixels, faces, opacity=1.0)
    np.testing.assert_array_equal(image, before)
    changed = (drawn != image).any(axis=-1)
    inside = silhouette(pixels, faces)
    assert not changed[~inside].any()
    core = cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    # OpenCV's edges close the narrowest gaps between fingers
    assert core.sum() > 1000 and changed[core].mean() > 0.99


def test_each_hand_has_its_colour_and_is_shaded(hands):
    vertices, faces = hands
    black, pixels = np.zeros((SIZE, SIZE, 3), np.uint8), orthographic(vertices)
    drawn = draw_hands(black, vertices, pixels, faces, opacity=1.0)
    own = [silhouette(pixels[[hand]], faces[[hand]]) for hand in (0, 1)]
    for hand, colour in enumerate(COLOURS):
        found = drawn[own[hand] & ~own[1 - hand]].astype(float)
        # a shade is a multiple of the colour where nothing is cut at 255
        dark = found[(found.max(axis=-1) > 20) & (found.max(axis=-1) < 200)]
        wanted = np.array(colour, float)
        cosine = (dark @ wanted) / np.linalg.norm(dark, axis=1) / np.linalg.norm(wanted)
        assert len(dark) > 100 and cosine.min() > 0.999
        assert np.ptp(dark.max(axis=-1)) > 60


def test_the_nearer_hand_hides_the_other():
    image = np.zeros((SIZE, SIZE, 3), np.uint8)
    faces = np.stack([SQUARE, SQUARE])
    for depths, seen in (((1.0, 2.0), 0), ((2.0, 1.0), 1)):
        vertices, pixels = squares(depths, (20.5, 30.5))
        drawn = draw_hands(image, vertices, pixels, faces, opacity=1.0)
        both, left, right = (drawn[40, x].astype(float) for x in (35, 25, 45))
        np.testing.assert_array_equal(both, (left, right)[seen])
        assert left.any() and right.any() and (left != right).any()


def test_half_transparent_means_half_of_both():
    image = np.full((SIZE, SIZE, 3), 100, np.uint8)
    vertices, pixels = squares((1.0, 1.0), (20.5, 60.5))
    faces = np.stack([SQUARE, SQUARE])
    whole = draw_hands(image, vertices, pixels, faces, opacity=1.0)[40, 30]
    half = draw_hands(image, vertices, pixels, faces, opacity=0.5)[40, 30]
    np.testing.assert_allclose(half, (whole.astype(float) + 100) / 2, atol=0.51)


def test_the_second_view_is_from_the_right():
    """A near and a far square: they are beside each other, the near one on the left."""
    vertices, _ = squares((1.0, 1.1), (20.0, 20.0))
    # turned to the viewer on the right: along depth, not across
    vertices[..., 2] += vertices[..., 0] - vertices[..., 0].min()
    drawn = draw_side_view(vertices, np.stack([SQUARE, SQUARE]), SIZE)
    middle = drawn[SIZE // 2]
    marked = np.flatnonzero((middle != PAPER).any(axis=-1))
    # 0.12 m of depth fill 0.8 of the side, in its middle
    assert marked.min() == pytest.approx(0.1 * SIZE, abs=1)
    assert marked.max() == pytest.approx(0.9 * SIZE - 1, abs=1)
    near, far = middle[marked.min() + 3].astype(int), middle[marked.max() - 3]
    assert near[0] > near[2] and int(far[2]) > int(far[0])
    # each is 0.02 m wide, a sixth of both
    assert len(marked) == pytest.approx(0.8 * SIZE / 3, abs=2)


def test_both_views_beside_each_other(hands):
    vertices, faces = hands
    pixels = orthographic(vertices)
    image = np.zeros((SIZE, SIZE, 3), np.uint8)
    both = draw_views(image, vertices, pixels, faces)
    assert both.shape == (SIZE, 2 * SIZE, 3) and both.dtype == np.uint8
    over = draw_hands(image, vertices, pixels, faces)
    np.testing.assert_array_equal(both[:, :SIZE], over)
    side = draw_side_view(vertices, faces, SIZE)
    np.testing.assert_array_equal(both[:, SIZE:], side)
    assert (side != PAPER).any()


def test_hands_outside_of_the_image_leave_it_as_it_is(hands):
    vertices, faces = hands
    image = np.full((SIZE, SIZE, 3), 7, np.uint8)
    drawn = draw_hands(image, vertices, orthographic(vertices) + 1000, faces)
    np.testing.assert_array_equal(drawn, image)


def test_bad_input(hands):
    vertices, faces = hands
    pixels = orthographic(vertices)
    image = np.zeros((SIZE, SIZE, 3), np.uint8)
    with pytest.raises(InputError, match=r"\(2, V, 3\).*\(1, 778, 3\)"):
        draw_hands(image, vertices[:1], pixels, faces)
    with pytest.raises(InputError, match=r"\(2, 778, 2\).*\(2, 777, 2\)"):
        draw_hands(image, vertices, pixels[:, :-1], faces)
    odd = vertices.copy()
    odd[1, 5, 2] = np.nan
    with pytest.raises(InputError, match="NaN"):
        draw_views(image, odd, pixels, faces)
    with pytest.raises(InputError, match="NaN"):
        draw_side_view(odd, faces, SIZE)
