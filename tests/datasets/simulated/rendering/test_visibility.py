"""True visibility of keypoints inside the flesh."""

from __future__ import annotations

import numpy as np

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.effects import box
from mmsia.datasets.simulated.rendering.primitives import Capsule
from mmsia.datasets.simulated.rendering.scene import Scene, render
from mmsia.datasets.simulated.rendering.visibility import visible

CAMERA = Camera((100.0, 100.0), (31.5, 31.5), (64, 64))
GREY = (90.0, 90.0, 90.0)
POINTS = np.array([[-1.0, 0.0, 10.0], [1.0, 0.0, 10.0], [9.0, 0.0, 10.0]])
OWN = np.array([[True, False], [False, True], [True, True]])


def _flags(*others: object, depths: float = 0.5, instance: int = 0) -> list[bool]:
    arms = [
        Capsule(POINTS[0], POINTS[0], 0.4, 0.4, 0, GREY),
        Capsule(POINTS[1], POINTS[1], 0.4, 0.4, 1, GREY),
    ]
    rendered = render(Scene(CAMERA, [*arms, *others]), np.random.default_rng(0))
    return visible(rendered, CAMERA, POINTS, instance, OWN, depths).tolist()


def test_what_is_seen_at_its_pixel_decides() -> None:
    assert _flags() == [True, True, False]
    assert _flags(instance=1) == [False, False, False]
    # deeper inside than was allowed
    assert _flags(depths=0.3) == [False, False, False]


def test_occluders_other_people_and_other_parts_hide() -> None:
    place = np.array([-0.5, 0.0, 5.0])
    half = np.array([0.2, 0.2, 0.2])
    cover = box(place, half, np.eye(3), GREY)
    assert _flags(cover) == [False, True, False]
    stranger = Capsule(place, place, 0.2, 0.2, 0, GREY, instance=7)
    assert _flags(stranger) == [False, True, False]
    own_hand = Capsule(place, place, 0.2, 0.2, 1, GREY)
    assert _flags(own_hand) == [False, True, False]
    # the part counts, but it is far in front of the joint
    same_part = Capsule(place, place, 0.2, 0.2, 0, GREY)
    assert _flags(same_part) == [False, True, False]
    assert _flags(same_part, depths=6.0) == [True, True, False]
