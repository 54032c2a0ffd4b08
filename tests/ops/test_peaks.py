"""The sparse peak search is the full upsampling, whatever the map."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from mmsia.errors import InputError
from mmsia.ops.gaussian_maps import encode_gaussians
from mmsia.ops.peaks import (
    TIE,
    find_cell_peaks,
    find_peaks,
    find_peaks_by_full_upsampling,
)
from mmsia.ops.upsampling import cell_weights, upsample

THRESHOLD, MAX_PEAKS = 0.04, 32


def full_search(maps, stride, mode):
    """Upsample everything, compare every pixel with its neighbours, sort."""
    full = upsample(maps, stride, mode)
    height, width = full.shape[1:]
    padded = np.pad(full, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    best = np.max(
        [
            padded[:, dy : dy + height, dx : dx + width]
            for dy in range(3)
            for dx in range(3)
        ],
        axis=0,
    )
    found = []
    for kind in range(len(maps)):
        y, x = np.nonzero((full[kind] >= best[kind] - TIE) & (full[kind] >= THRESHOLD))
        score = full[kind, y, x].astype(np.float32)
        order = np.lexsort((x, y, -score))[:MAX_PEAKS]
        found.append((np.stack((x, y), -1)[order], score[order]))
    return found


def clean(rng):
    people = rng.uniform(0, 96, (4, 5, 2))
    return encode_gaussians(people, np.ones((4, 5), bool), (24, 24), 4, 7.0)


MAPS = {
    "clean": clean,
    "integer": lambda rng: encode_gaussians(
        rng.integers(0, 96, (4, 5, 2)).astype(float), np.ones((4, 5), bool),
        (24, 24), 4, 7.0,
    ),
    "half-way": lambda rng: encode_gaussians(
        rng.integers(0, 96, (4, 5, 2)) + 0.5, np.ones((4, 5), bool), (24, 24), 4, 7.0
    ),
    "network-like": lambda rng: clean(rng) * rng.uniform(0.2, 1, (5, 1, 1))
    + rng.normal(0, 0.01, (5, 24, 24)),
    "uniform noise": lambda rng: rng.uniform(0, 1, (5, 24, 24)),
    "normal noise": lambda rng: rng.normal(0, 1, (5, 24, 24)),
    "large": lambda rng: rng.normal(0, 1e4, (5, 24, 24)),
    "negative": lambda rng: -rng.uniform(0, 1, (5, 24, 24)),
    "constant": lambda rng: np.full((5, 24, 24), 0.5),
    "empty": lambda rng: np.zeros((5, 24, 24)),
    "one cell": lambda rng: rng.uniform(0, 1, (5, 1, 1)),
    "one row": lambda rng: rng.uniform(0, 1, (5, 1, 40)),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["bicubic", "bilinear"])
@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("name", MAPS)
def test_equals_full_upsampling(name, stride, mode):
    maps = MAPS[name](np.random.default_rng(3)).astype(np.float32)
    peaks = find_peaks(maps, stride, mode, THRESHOLD, MAX_PEAKS)
    for kind, (xy, scores) in enumerate(full_search(maps, stride, mode)):
        count = peaks.counts[kind]
        np.testing.assert_array_equal(peaks.xy[kind, :count], xy)
        np.testing.assert_array_equal(peaks.scores[kind, :count], scores)
        assert (peaks.scores[kind, count:] == 0).all()


def test_many_active_cells_cross_the_chunks():
    maps = np.random.default_rng(0).uniform(0, 1, (3, 100, 90)).astype(np.float32)
    peaks = find_peaks(maps, 2, "bicubic", THRESHOLD, MAX_PEAKS)
    for kind, (xy, _) in enumerate(full_search(maps, 2, "bicubic")):
        np.testing.assert_array_equal(peaks.xy[kind], xy)


def test_tensors_give_the_same():
    maps = clean(np.random.default_rng(1))
    from_array = find_peaks(maps, 4, "bicubic", THRESHOLD, MAX_PEAKS)
    from_tensor = find_peaks(torch.from_numpy(maps), 4, "bicubic", 0.04, MAX_PEAKS)
    np.testing.assert_array_equal(from_array.xy, from_tensor.xy)


@pytest.mark.gpu
def test_cuda_gives_the_same():
    maps = clean(np.random.default_rng(1))
    expected = find_peaks(maps, 4, "bicubic", THRESHOLD, MAX_PEAKS)
    found = find_peaks(torch.from_numpy(maps).cuda(), 4, "bicubic", 0.04, MAX_PEAKS)
    np.testing.assert_array_equal(found.xy, expected.xy)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)


def test_full_upsampling_gives_the_same():
    maps = clean(np.random.default_rng(1))
    options = (4, "bicubic", THRESHOLD, MAX_PEAKS)
    expected = find_peaks(maps, *options)
    found = find_peaks_by_full_upsampling(torch.from_numpy(maps), *options)
    np.testing.assert_array_equal(found.xy, expected.xy)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_integer_keypoints_are_found_exactly(stride):
    """Away from the border (notes, section 10)."""
    grid = np.stack(np.meshgrid(np.arange(40, 56), np.arange(40, 56)), -1)
    for keypoint in grid.reshape(-1, 1, 1, 2).astype(float):
        size = (96 // stride, 96 // stride)
        maps = encode_gaussians(keypoint, np.ones((1, 1), bool), size, stride, 7.0)
        peaks = find_peaks(maps, stride, "bicubic", THRESHOLD, MAX_PEAKS)
        assert peaks.xy.tolist() == keypoint.tolist()


def test_real_keypoints_are_within_036_px_rms_and_bilinear_is_worse():
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(40, 56, (300, 2))
    errors = {"bicubic": [], "bilinear": []}
    for keypoint in keypoints:
        maps = encode_gaussians(
            keypoint[None, None], np.ones((1, 1), bool), (24, 24), 4, 7.0
        )
        for mode, found in errors.items():
            peaks = find_peaks(maps, 4, mode, THRESHOLD, MAX_PEAKS)
            found.append(peaks.xy[0, 0] - keypoint)
    rms = {mode: np.sqrt(np.mean(np.square(e))) for mode, e in errors.items()}
    assert rms["bicubic"] <= 0.36
    assert 0.6 < rms["bilinear"] < 0.9  # 0.77 in the notes


def test_cell_peaks_sit_at_their_cells():
    maps = np.zeros((1, 6, 6), np.float32)
    maps[0, 2, 3] = 1
    peaks = find_cell_peaks(maps, 4, THRESHOLD, MAX_PEAKS)
    assert peaks.xy.tolist() == [[[13.5, 9.5]]]


@pytest.mark.parametrize("mode", ["bicubic", "bilinear"])
@pytest.mark.parametrize("factor", [1, 2, 3, 4, 8])
def test_upsampling_is_torch_interpolate(mode, factor):
    maps = np.random.default_rng(factor).normal(size=(2, 7, 5))
    expected = functional.interpolate(
        torch.from_numpy(maps)[None], scale_factor=factor, mode=mode
    )[0].numpy()
    np.testing.assert_allclose(upsample(maps, factor, mode), expected, atol=1e-12)
    np.testing.assert_allclose(cell_weights(factor, mode).sum(1), 1)


def test_unknown_upsampling_is_refused():
    with pytest.raises(InputError, match="unknown upsampling"):
        cell_weights(4, "nearest")
    with pytest.raises(InputError, match="stride too small"):
        cell_weights(0, "bicubic")
