from __future__ import annotations

import numpy as np
import pytest
import torch

from mmsia.errors import InputError
from mmsia.models.heads.flip_test import (
    average_maps,
    average_offsets,
    unmirror_heatmaps,
    unmirror_vectors,
)
from mmsia.ops.limbs import COCO_FLIP_INDICES, get_limbs, mirror_limbs

STRIDE, WIDTH = 4, 64


def cell_positions(size):
    return np.arange(size) * STRIDE + STRIDE / 2 - 0.5


def draw(keypoints, limbs):
    """Heatmaps and pointing offsets of one person, defined on every cell."""
    x, y = np.meshgrid(cell_positions(WIDTH // STRIDE), cell_positions(8))
    heat = [np.exp(-((x - kx) ** 2 + (y - ky) ** 2) / 98) for kx, ky in keypoints]
    vectors = []
    for _, to in limbs:
        vectors += [keypoints[to][0] - x, keypoints[to][1] - y]
    return tuple(torch.as_tensor(np.stack(maps))[None] for maps in (heat, vectors))


def mirror_person(keypoints):
    """The same person in the mirrored image, left and right named anew."""
    mirrored = keypoints.copy()
    mirrored[:, 0] = WIDTH - 1 - mirrored[:, 0]
    return mirrored[list(COCO_FLIP_INDICES)]


@pytest.fixture
def keypoints():
    return np.random.default_rng(3).uniform([4, 4], [60, 28], (17, 2))


@pytest.mark.parametrize("name", ["coco16", "coco19", "coco31", "coco39", "coco44"])
def test_maps_of_the_mirrored_image_come_back_to_the_original(name, keypoints):
    limbs = get_limbs(name)
    heatmaps, offsets = draw(keypoints, limbs)
    there = draw(mirror_person(keypoints), limbs)
    back = unmirror_heatmaps(there[0], COCO_FLIP_INDICES)
    torch.testing.assert_close(back, heatmaps)
    permutation, kept = mirror_limbs(limbs)
    vectors = unmirror_vectors(there[1], permutation)
    averaged = ~np.repeat(kept, 2)
    torch.testing.assert_close(vectors[:, averaged], offsets[:, averaged])
    both = average_maps((heatmaps, offsets), there, limbs, COCO_FLIP_INDICES)
    torch.testing.assert_close(both, (heatmaps, offsets))


def test_limbs_that_map_to_their_own_reverse_keep_the_original():
    limbs = get_limbs("coco19")
    permutation, kept = mirror_limbs(limbs)
    assert np.flatnonzero(kept).tolist() == [2, 5, 14]
    original, mirrored = torch.zeros(1, 38, 2, 3), torch.ones(1, 38, 2, 3)
    mean = average_offsets(original, mirrored, permutation, kept)
    expected = torch.tensor([-0.5, 0.5]).repeat(19)  # x parts are negated
    expected[[4, 5, 10, 11, 28, 29]] = 0
    torch.testing.assert_close(mean, expected.reshape(1, 38, 1, 1).expand(1, 38, 2, 3))


def test_refinement_is_averaged_with_its_x_part_negated():
    limbs = get_limbs("coco19")
    ours = [torch.zeros(1, c, 1, 2) for c in (17, 38, 2)]
    theirs = [maps.clone() for maps in ours]
    theirs[2][0, :, 0, 0] = torch.tensor([2.0, 6.0])
    refinement = average_maps(ours, theirs, limbs, COCO_FLIP_INDICES)[2]
    assert refinement[0, :, 0].tolist() == [[0.0, -1.0], [0.0, 3.0]]


def test_a_limb_set_without_its_mirror_image_is_refused():
    maps = [torch.zeros(1, 17, 1, 2), torch.zeros(1, 2, 1, 2)]
    with pytest.raises(InputError, match="not symmetric"):
        average_maps(maps, maps, np.array([[5, 7]]), COCO_FLIP_INDICES)
