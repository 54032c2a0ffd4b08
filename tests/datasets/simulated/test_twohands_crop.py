"""Prepared crops: the square, its intrinsics, classes and dense maps."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmsia.datasets.simulated.twohands import sample
from mmsia.datasets.simulated.twohands_crop import bilinear
from mmsia.datasets.simulated.twohands_people import stand_in_pair
from mmsia.datasets.simulated.twohands_presets import TWOHANDS
from mmsia.datasets.simulated.twohands_scene import SIDES

SMOKE, MINI = TWOHANDS["smoke"], TWOHANDS["mini"]


def test_the_crop_holds_both_hands_by_the_rule() -> None:
    for index in range(4):
        made = sample(1, index, SMOKE)
        points = np.concatenate(
            [made.crop.camera.project(made.vertices(side)) for side in SIDES]
        )
        low, high = points.min(axis=0), points.max(axis=0)
        size = SMOKE.crop
        np.testing.assert_allclose((low + high) / 2, size / 2, atol=1e-6)
        assert (high - low).max() == pytest.approx(0.8 * size)
        assert set(np.unique(made.crop.mask)) == {0, 1, 2}


def test_the_crop_is_the_frame_seen_with_other_intrinsics() -> None:
    made = sample(1, 0, TWOHANDS["easy"])
    crop, frame = made.crop, made.frame
    rows, columns = np.mgrid[60:200:20, 60:200:20]
    pixels = np.stack([columns, rows], axis=-1).reshape(-1, 2).astype(float)
    points = crop.camera.unproject(pixels, 1.0)
    there = frame.camera.project(points)
    image = cv2.remap(
        frame.image, there[None].astype(np.float32), None, cv2.INTER_LINEAR
    )[0].astype(int)
    mine = crop.image[pixels[:, 1].astype(int), pixels[:, 0].astype(int)].astype(int)
    inside = frame.camera.contains(there)
    assert inside.sum() > 20
    assert np.abs(image - mine)[inside].max() <= 3


def test_bilinear_by_hand() -> None:
    image = np.zeros((2, 2, 3), dtype=np.uint8)
    image[0, 0], image[0, 1], image[1, 0], image[1, 1] = 0, 100, 200, 40
    found = bilinear(image, 0.0, 0.0, 2.0, 3)[:, :, 0]
    assert found.tolist() == [[0, 50, 100], [100, 85, 70], [200, 120, 40]]
    same = bilinear(image, 0.0, 0.0, 1.0, 2)
    np.testing.assert_array_equal(same, image)
    outside = bilinear(image, -3.0, 0.0, 1.0, 2)
    assert not outside.any()


def test_masks_and_dense_maps_agree_with_the_projected_meshes() -> None:
    for index in range(4):
        made = sample(2, index, MINI)
        crop, palette = made.crop, (stand_in_pair()["right"].v_template)
        low, high = palette.min(axis=0), palette.max(axis=0)
        assert ((crop.mask == 0) == ~crop.dense.any(axis=2)).mean() > 0.999
        alone = []
        for number, side in ((1, "left"), (2, "right")):
            vertices = made.vertices(side)
            pixels = np.rint(crop.camera.project(vertices)).astype(int).clip(0, 255)
            shown = crop.mask[pixels[:, 1], pixels[:, 0]] == number
            assert shown.mean() > 0.15
            # where a hand is nearest, its vertex has the colour of its rest place
            facing = _facing(vertices, made.owner.models[side].f) & shown
            colour = crop.dense[pixels[:, 1], pixels[:, 0], ::-1] / 255
            wanted = (stand_in_pair()["right"].v_template - low) / (high - low)
            off = np.abs(colour - wanted)[facing].max(axis=1)
            alone.append(np.median(off))
        assert max(alone) < 0.06


def _facing(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    towards = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    count = np.zeros(len(vertices))
    np.add.at(count, faces[towards].ravel(), 1)
    total = np.bincount(faces.ravel(), minlength=len(vertices))
    return count == total
