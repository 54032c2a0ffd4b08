"""CategoryImplicitHeatmap: targets by hand, round trips, flips and bad input."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from mmpose.registry import KEYPOINT_CODECS

from mmsia.codecs import CategoryImplicitHeatmap
from mmsia.errors import ConfigError, InputError


def codec_of(**options):
    settings = dict(input_size=(192, 256), heatmap_size=(48, 64)) | options
    return KEYPOINT_CODECS.build(dict(type="CategoryImplicitHeatmap", **settings))


def maps_of(encoded, stage=-1):
    return np.concatenate([encoded["heatmaps"][stage, None], encoded["offsets"]])


def scattered(number, seed=0, width=192, height=256, apart=12):
    """Keypoints, xy pixels, no two nearer than `apart`."""
    rng = np.random.default_rng(seed)
    points = np.zeros((0, 2))
    while len(points) < number:
        one = rng.uniform((2, 2), (width - 3, height - 3))
        if (np.linalg.norm(points - one, axis=1) > apart).all():
            points = np.vstack([points, one])
    return points


def test_maps_by_hand():
    # x 41.5: cell (41.5 - 1.5) / 4 = 10; y 62.7: 15.3
    encoded = codec_of().encode(np.array([[[41.5, 62.7]]]))
    heat = encoded["heatmaps"]
    assert heat.shape == (3, 64, 48)
    for stage, (kernel, sigma) in enumerate(((7, 1.4), (5, 1.1), (3, 0.8))):
        assert np.argwhere(heat[stage] == 1).tolist() == [[15, 10]]
        assert np.count_nonzero(heat[stage]) == kernel**2
        assert heat[stage, 15, 11] == pytest.approx(np.exp(-0.5 / sigma**2))
        assert heat[stage, 16, 11] == pytest.approx(np.exp(-1 / sigma**2))
    assert encoded["offsets"][:, 15, 10] == pytest.approx([0, 0.3])
    assert np.argwhere(encoded["offset_weights"][0]).tolist() == [[15, 10]]
    assert np.count_nonzero(encoded["offsets"]) == 1
    assert all(value.dtype == np.float32 for value in encoded.values())


@pytest.mark.parametrize(("kernel", "sigma"), [(3, 0.8), (5, 1.1), (7, 1.4)])
def test_kernels_are_blurs_of_an_impulse(kernel, sigma):
    """Another way to the same target: blur, then divide by the peak."""
    encoded = codec_of(kernel_sizes=(kernel,)).encode(np.array([[[97.5, 101.5]]]))
    impulse = np.zeros((64, 48), dtype=np.float32)
    impulse[25, 24] = 1
    blurred = cv2.GaussianBlur(impulse, (kernel, kernel), sigma)
    expected = blurred / blurred.max()
    np.testing.assert_allclose(encoded["heatmaps"][0], expected, atol=1e-6)


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_every_target_peaks_at_exactly_one_at_every_keypoint(stage):
    codec = codec_of()
    points = scattered(20)
    heat = codec.encode(points[None])["heatmaps"][stage]
    column, row = np.rint(codec.to_cells(points)).astype(int).T
    assert (heat[row, column] == 1).all() and heat.max() == 1


def test_maximum_over_keypoints():
    codec = codec_of()
    points = np.array([[41.5, 61.5], [49.5, 61.5]])
    both = codec.encode(points[None])["heatmaps"]
    alone = [codec.encode(p[None, None])["heatmaps"] for p in points]
    np.testing.assert_array_equal(both, np.maximum(*alone))
    assert np.count_nonzero(np.logical_and(*alone)) > 0


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_round_trip(stage):
    codec = codec_of()
    points = scattered(17, seed=stage)
    found, scores = codec.decode(maps_of(codec.encode(points[None]), stage))
    assert found.shape == (1, 17, 2) and (scores == 1).all()
    order, expected = (p[np.lexsort(p.T)] for p in (found[0], points))
    np.testing.assert_allclose(order, expected, atol=1e-4)


def test_neighbours_are_two_and_sharers_of_a_cell_are_one():
    codec = codec_of()
    points = np.array([[41.5, 61.5], [45.5, 61.5]])
    found, _ = codec.decode(maps_of(codec.encode(points[None])))
    assert sorted(found[0, :, 0]) == [41.5, 45.5]
    for order in ([0, 1], [1, 0]):
        close = np.array([[41.7, 61.5], [42.9, 60.9]])[order]
        found, _ = codec.decode(maps_of(codec.encode(close[None])))
        # the nearer one to the cell's middle keeps its offset
        np.testing.assert_allclose(found, [[[41.7, 61.5]]], atol=1e-5)


def test_threshold_and_number_of_peaks():
    maps = np.zeros((3, 64, 48))
    maps[0, ::3, ::3] = np.linspace(0.01, 0.99, 22 * 16).reshape(22, 16)
    _, scores = codec_of(max_peaks=1000).decode(maps)
    assert scores.shape[1] == (maps[0] > 0.05).sum() and (np.diff(scores) <= 0).all()
    some, best = codec_of(max_peaks=200).decode(maps)
    assert some.shape == (1, 200, 2)
    np.testing.assert_array_equal(best, scores[:, :200])
    assert codec_of(score_thr=0.5).decode(maps)[1].min() > 0.5


def test_nothing_to_see():
    codec = codec_of()
    for points in (np.zeros((1, 0, 2)), np.full((1, 5, 2), np.nan)):
        encoded = codec.encode(points, np.zeros(points.shape[:2]))
        assert not any(value.any() for value in encoded.values())
        found, scores = codec.decode(maps_of(encoded))
        assert found.shape == (1, 0, 2) and scores.shape == (1, 0)


def test_keypoints_outside_leave_nothing():
    points = np.array([[[-9.0, 20], [300, 20], [20, 1e9], [191, 255]]])
    encoded = codec_of().encode(points)
    assert encoded["offset_weights"].sum() == 1
    assert encoded["heatmaps"][0, 63, 47] == 1


def test_mirrored_maps_come_back():
    codec = codec_of()
    points = scattered(12)
    mirrored = points * [-1, 1] + [191, 0]
    ours = maps_of(codec.encode(points[None]))
    theirs = maps_of(codec.encode(mirrored[None]))
    back = codec.unmirror(theirs)
    np.testing.assert_allclose(back, ours, atol=1e-5)
    np.testing.assert_array_equal(codec.unmirror(torch.tensor(theirs)), back)


def test_batches_are_one_by_one():
    codec = codec_of()
    maps = [maps_of(codec.encode(scattered(n, seed=n)[None])) for n in (1, 9, 4)]
    points, scores = codec.batch_decode(torch.tensor(np.stack(maps)))
    assert [len(p[0]) for p in points] == [1, 9, 4]
    for one, found, score in zip(maps, points, scores, strict=True):
        np.testing.assert_array_equal(codec.decode(one)[0], found)
        np.testing.assert_array_equal(codec.decode(one)[1], score)


def test_maps_of_another_shape_of_cell():
    codec = CategoryImplicitHeatmap((192, 256), (48, 32))
    points = scattered(8, apart=30)
    found, _ = codec.decode(maps_of(codec.encode(points[None])))
    order, expected = (p[np.lexsort(p.T)] for p in (found[0], points))
    np.testing.assert_allclose(order, expected, atol=1e-3)


def test_bad_keypoints():
    codec = codec_of()
    with pytest.raises(InputError, match="one instance"):
        codec.encode(np.zeros((2, 3, 2)))
    with pytest.raises(InputError, match="not finite"):
        codec.encode(np.full((1, 3, 2), np.nan), np.ones((1, 3)))
    with pytest.raises(InputError, match="keypoints_visible"):
        codec.encode(np.zeros((1, 3, 2)), np.ones((1, 4)))


def test_bad_maps():
    codec = codec_of()
    for maps in (np.full((3, 64, 48), np.nan), np.zeros((2, 64, 48))):
        with pytest.raises(InputError, match="maps to decode"):
            codec.decode(maps)


@pytest.mark.parametrize(
    "options",
    [
        dict(kernel_sizes=(7, 4)),
        dict(kernel_sizes=()),
        dict(max_peaks=0),
        dict(heatmap_size=(0, 64)),
    ],
)
def test_bad_options(options):
    with pytest.raises(ConfigError, match="CategoryImplicitHeatmap"):
        codec_of(**options)
