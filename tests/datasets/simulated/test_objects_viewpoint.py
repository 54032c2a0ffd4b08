"""The published camera, written out again, and its place in a common scene."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.datasets.simulated.objects_viewpoint import Viewpoint
from mmsia.datasets.simulated.rendering.camera import Camera

VIEW = Viewpoint(37.0, 12.0, -6.0, 5.5, 210.0, 130.0, 1800.0, 1.2)


def published(view: Viewpoint, points: np.ndarray) -> np.ndarray:
    """The toolboxes' projection: P = diag(Mf, Mf, -1) [R, -RC], turned by theta."""
    a, e, t = np.radians([view.azimuth, view.elevation, view.theta])
    d = view.distance
    centre = d * np.array([np.cos(e) * np.sin(a), -np.cos(e) * np.cos(a), np.sin(e)])
    a, e = -a, -(np.pi / 2 - e)
    rz = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    rx = np.array([[1, 0, 0], [0, np.cos(e), -np.sin(e)], [0, np.sin(e), np.cos(e)]])
    scale = view.viewport * view.focal
    seen = np.diag([scale, scale, -1]) @ (rx @ rz) @ (points - centre).T
    flat = seen[:2] / seen[2]
    turned = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) @ flat
    return turned.T * (1, -1) + (view.px, view.py)


def test_projection_is_the_published_one() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-0.5, 0.5, (40, 3))
    for _ in range(20):
        view = Viewpoint(
            *rng.uniform(
                (0, -90, -180, 1.5, 0, 0, 500), (360, 90, 180, 20, 300, 200, 3000)
            ),
            focal=float(rng.uniform(0.5, 2)),
        )
        np.testing.assert_allclose(
            view.project(points), published(view, points), rtol=0, atol=1e-6
        )


def test_the_front_is_seen_from_the_front_and_left_is_on_the_right() -> None:
    view = Viewpoint(0.0, 0.0, 0.0, 10.0, 100.0, 50.0, 1000.0)
    left_up = view.project(np.array([0.5, 0.0, 0.25]))
    np.testing.assert_allclose(left_up, [150, 25], atol=1e-9)
    near, far = view.camera_points(np.array([[0, -0.5, 0], [0, 0.5, 0]]))[:, 2]
    assert (near, far) == (pytest.approx(9.5), pytest.approx(10.5))
    # from 90 degrees the object's left side is in front
    side = Viewpoint(90.0, 0.0, 0.0, 10.0, 0.0, 0.0, 1000.0)
    assert side.camera_points(np.array([0.5, 0, 0]))[2] == pytest.approx(9.5)
    # from above, the top is
    above = Viewpoint(0.0, 90.0, 0.0, 10.0, 0.0, 0.0, 1000.0)
    assert above.camera_points(np.array([0, 0, 0.5]))[2] == pytest.approx(9.5)


def test_turns_are_rotations() -> None:
    turn = VIEW.turn()
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-11)
    assert np.linalg.det(turn) == pytest.approx(1)


def test_the_scenes_camera_sees_the_same_pixels_at_any_depth() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform(-0.5, 0.5, (30, 3))
    scale = VIEW.viewport * VIEW.focal
    camera = Camera((scale, scale), (159.5, 127.5), (320, 256))
    for factor in (0.3, 1.0, 7.0):
        there = VIEW.scene_points(points, camera.centre, factor)
        np.testing.assert_allclose(
            camera.project(there), VIEW.project(points), atol=1e-9
        )
        np.testing.assert_allclose(
            there[:, 2], VIEW.camera_points(points)[:, 2] * factor, atol=1e-12
        )
