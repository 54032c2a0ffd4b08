"""CenterNetPose: targets by hand, what they decode to, snapping and bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmpose.registry import KEYPOINT_CODECS

from mmsia.codecs import CenterNetPose
from mmsia.errors import ConfigError, InputError

SIZE = (192, 160)


def codec_of(**options):
    config = dict(type="CenterNetPose", input_size=SIZE, num_keypoints=3, **options)
    return KEYPOINT_CODECS.build(config)


def perfect_maps(codec, encoded):
    """Maps of a network that gives the targets at the cells where they count."""
    width, height = codec.map_size
    number = codec.num_keypoints

    def painted(cells, values):
        maps = np.zeros((values.shape[-1], height, width), dtype=np.float32)
        maps[:, cells[:, 1], cells[:, 0]] = values.T
        return maps

    centers, known = encoded["center_cells"], encoded["keypoint_weights"] > 0
    offsets = encoded["keypoint_offsets"].reshape(-1, 2 * number)
    return {
        "center": encoded["center_heatmap"],
        "sizes": painted(centers, encoded["sizes"]),
        "center_offsets": painted(centers, encoded["center_offsets"]),
        "keypoint_offsets": painted(centers, offsets),
        "keypoint_heatmaps": encoded["keypoint_heatmaps"],
        "cell_offsets": painted(
            encoded["keypoint_cells"][known], encoded["cell_offsets"][known]
        ),
    }


def decode(codec, maps):
    batch = {name: torch.as_tensor(value)[None] for name, value in maps.items()}
    (found,) = codec.batch_decode(**batch)
    return found


def test_targets_by_hand():
    # centre (34.5, 50) is 0.625, 0.5 into cell (8, 12); 6.25 by 10 cells
    points = np.array([[[24.0, 33], [46, 69.5], [40, -3]]])
    encoded = codec_of().encode(points, np.ones((1, 3)), np.array([[22.0, 30, 47, 70]]))
    assert encoded["center_cells"].tolist() == [[8, 12]]
    assert encoded["sizes"].tolist() == [[6.25, 10]]
    assert encoded["center_offsets"].tolist() == [[0.625, 0.5]]
    assert encoded["center_weights"].tolist() == [1]
    assert encoded["keypoint_weights"].tolist() == [[1, 1, 0]]  # the third is outside
    assert encoded["keypoint_cells"][0, :2].tolist() == [[6, 8], [11, 17]]
    assert encoded["cell_offsets"][0].tolist() == [[0, 0.25], [0.5, 0.375], [0, 0]]
    offsets = [[6 - 8, 8.25 - 12], [11.5 - 8, 17.375 - 12], [0, 0]]
    assert encoded["keypoint_offsets"][0].tolist() == offsets
    # 10 by 7 cells (rounded up), the released code's r3: (b3 + sq3) / 2 = 2.25
    b3, c3 = -2 * 0.7 * 17, -0.3 * 70
    assert int((b3 + np.sqrt(b3**2 - 4 * 4 * 0.7 * c3)) / 2) == 2
    assert np.argwhere(encoded["center_heatmap"]).tolist() == [
        [0, y, x] for y in range(10, 15) for x in range(6, 11)
    ]
    hot = [[kind, *cell[::-1]] for kind, cell in enumerate(((6, 8), (11, 17)))]
    assert np.argwhere(encoded["keypoint_heatmaps"] == 1).tolist() == hot
    assert np.count_nonzero(encoded["keypoint_heatmaps"], (1, 2)).tolist() == [
        25,
        25,
        0,
    ]
    assert encoded["center_heatmap"].max() == encoded["keypoint_heatmaps"].max() == 1


def test_gaussians_of_a_person_share_the_radius_of_the_box():
    box = np.array([[20.0, 8, 140, 152]])  # 30 by 36 cells
    encoded = codec_of().encode(np.full((1, 3, 2), 80.0), None, box)
    radius = 8  # sqrt(0.49 * 66^2 + 0.84 * 30 * 36) - 0.7 * 66 = 8.95
    sigma = (2 * radius + 1) / 6
    for heat, (x, y) in (
        (encoded["center_heatmap"][0], (20, 20)),
        (encoded["keypoint_heatmaps"][1], (20, 20)),
    ):
        assert heat[y, x] == 1 and heat[y, x + radius] > 0 == heat[y, x + radius + 1]
        assert heat[y + 1, x] == pytest.approx(np.exp(-0.5 / sigma**2))


def test_who_counts():
    points = np.full((5, 3, 2), 50.0)
    visible = np.ones((5, 3))
    visible[1] = 0
    points[1] = np.nan
    boxes = [
        [-50.0, 20, 30, 500],  # sticks out: clipped to the last cell
        [10, 10, 60, 60],  # nothing annotated
        [300, 10, 340, 60],  # outside
        [50, 50, 50, 90],  # no area
        [10, 10, 60, 60],  # a crowd
    ]
    encoded = codec_of().encode(points, visible, np.array(boxes), [0, 0, 0, 0, 1])
    assert encoded["sizes"].tolist() == [[7.5, 34], [12.5, 12.5]]
    assert encoded["center_weights"].tolist() == [1, 0]
    assert encoded["keypoint_weights"].tolist() == [[1, 1, 1], [0, 0, 0]]
    # a person without keypoints is a centre all the same
    assert (encoded["center_heatmap"] == 1).sum() == 2
    assert all(np.isfinite(value).all() for value in encoded.values())


def test_corners_and_boxes_are_one():
    points = np.full((1, 3, 2), 50.0)
    corners = np.array([[[20.0, 30], [20, 90], [70, 30], [70, 90]]])
    one = codec_of().encode(points, None, corners)
    other = codec_of().encode(points, None, np.array([[20.0, 30, 70, 90]]))
    assert all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("seed", range(4))
def test_perfect_maps_give_the_people_back(seed):
    rng = np.random.default_rng(seed)
    codec = codec_of()
    low = np.array([[6.0, 8], [100, 10], [20, 85], [110, 90]]) + rng.uniform(0, 4, 2)
    side = rng.uniform(40, 65, (4, 2))
    points = low[:, None] + rng.uniform(0.02, 0.98, (4, 3, 2)) * side[:, None]
    boxes = np.concatenate([low, low + side], axis=1)
    maps = perfect_maps(codec, codec.encode(points, None, boxes))
    keypoints, scores, found, centers = decode(codec, maps)
    assert np.all(scores == 1) and np.all(centers == 1)
    order = [int(np.abs(found - box).sum(axis=1).argmin()) for box in boxes]
    assert sorted(order) == [0, 1, 2, 3]
    np.testing.assert_allclose(found[order], boxes, atol=1e-4)
    # keypoints of other types in the same cell share its offset
    cells = np.floor(points / 4)
    same = (cells.reshape(-1, 1, 2) == cells.reshape(-1, 2)).all(axis=2).sum(axis=1)
    lone = (same == 1).reshape(points.shape[:2])
    assert lone.mean() > 0.7
    np.testing.assert_allclose(keypoints[order][lone], points[lone], atol=1e-4)
    np.testing.assert_allclose(keypoints[order], points, atol=4)
    alone = codec.decode(maps)
    assert np.array_equal(alone[0], keypoints) and np.array_equal(alone[1], scores)


def test_of_two_people_on_one_center_one_is_found_whole():
    boxes = np.array([[20.0, 20, 100, 120], [21, 21, 99, 119]])
    points = np.array(
        [[[30.0, 30], [90, 40], [60, 110]], [[35.0, 60], [80, 90], [50, 50]]]
    )
    codec = codec_of()
    encoded = codec.encode(points, None, boxes)
    assert encoded["center_cells"].tolist() == [[15, 17]] * 2
    assert len(encoded["sizes"]) == 2  # both are learnt from
    keypoints, _, found, _ = decode(codec, perfect_maps(codec, encoded))
    np.testing.assert_allclose(found, boxes[1:], atol=1e-4)
    np.testing.assert_allclose(keypoints, points[1:], atol=1e-4)


def one_person(**peaks):
    """A box of 40 by 20 cells around (20, 20) whose keypoints are regressed there."""
    codec = codec_of()
    width, height = codec.map_size
    shapes = dict(center=1, sizes=2, center_offsets=2, keypoint_offsets=6)
    shapes |= dict(keypoint_heatmaps=3, cell_offsets=2)
    maps = {n: np.zeros((c, height, width), np.float32) for n, c in shapes.items()}
    maps["center"][0, 20, 20] = 0.8
    maps["sizes"][:, 20, 20] = 40, 20
    for (x, y), (response, shift) in peaks.get("peaks", {}).items():
        maps["keypoint_heatmaps"][0, y, x] = response
        maps["cell_offsets"][:, y, x] = shift
    return decode(codec, maps)


@pytest.mark.parametrize(
    ("peaks", "expected", "score"),
    [
        ({}, (20, 20), 0.8),
        ({(25, 20): (0.3, (0.5, 0.25))}, (25.5, 20.25), 0.3),
        ({(25, 20): (0.1, (0, 0))}, (20, 20), 0.8),  # not above the threshold
        ({(32, 20): (0.9, (0, 0))}, (32, 20), 0.9),  # 0.3 of 40 away
        ({(32, 20): (0.9, (0.1, 0))}, (20, 20), 0.8),  # farther
        ({(20, 31): (0.9, (0, 0))}, (20, 20), 0.8),  # below the box
        ({(25, 20): (0.2, (0, 0)), (28, 20): (0.9, (0, 0))}, (25, 20), 0.2),
        # the nearest one counts alone, even if it is no use
        ({(20, 31): (0.2, (0, 0)), (32, 20): (0.9, (0, 0))}, (20, 20), 0.8),
    ],
)
def test_the_nearest_peak_of_the_type_in_the_box_is_taken(peaks, expected, score):
    keypoints, scores, boxes, centers = one_person(peaks=peaks)
    assert boxes.tolist() == [[0, 40, 160, 120]]
    np.testing.assert_allclose(keypoints[0, 0] / 4, expected, atol=1e-6)
    assert scores[0, 0] == pytest.approx(score)
    assert keypoints[0, 1].tolist() == [80, 80] and scores[0, 1] == centers[0]


def test_the_best_centers_come_first_and_no_more_than_asked_for():
    codec = codec_of(max_people=2)
    encoded = codec.encode(np.zeros((0, 3, 2)), None, np.zeros((0, 4)))
    maps = perfect_maps(codec, encoded)
    for x, score in ((5, 0.3), (15, 0.9), (25, 0.5)):
        maps["center"][0, 10, x] = score
        maps["sizes"][:, 10, x] = 4
    *_, boxes, scores = decode(codec, maps)
    assert scores.tolist() == pytest.approx([0.9, 0.5])
    assert boxes[:, 0].tolist() == [52, 92]


def test_an_empty_image():
    codec = codec_of()
    encoded = codec.encode(np.zeros((0, 3, 2)), None, np.zeros((0, 4)))
    assert not encoded["center_heatmap"].any()
    assert {len(encoded[name]) for name in codec.label_mapping_table} == {0}
    keypoints, scores, boxes, centers = decode(codec, perfect_maps(codec, encoded))
    assert keypoints.shape == (0, 3, 2) and scores.shape == (0, 3)
    assert boxes.shape == (0, 4) and centers.shape == (0,)


def by_sorting_everything(codec, maps):
    """The decoding of one image on whole maps: pool, sort all cells, then choose."""

    def best(heat, number):
        flat = heat[None, None].clone()
        pooled = torch.nn.functional.max_pool2d(flat, 3, stride=1, padding=1)
        flat = (flat * (pooled == flat)).flatten()
        values, index = flat.sort(descending=True, stable=True)
        return values[:number], index[:number]

    def read(name, cells):
        return maps[name].flatten(1)[:, cells].T

    def place(cells):
        return torch.stack([cells % width, cells // width], dim=-1).float()

    width = maps["center"].shape[-1]
    scores, cells = best(maps["center"][0], codec.max_people)
    cells, scores = cells[scores > 0], scores[scores > 0]
    centers = place(cells) + read("center_offsets", cells)
    sizes = read("sizes", cells)
    points = read("keypoint_offsets", cells).view(len(cells), codec.num_keypoints, 2)
    points = points + place(cells)[:, None]
    responses = scores[:, None].repeat(1, codec.num_keypoints)
    for kind in range(codec.num_keypoints):
        values, index = best(maps["keypoint_heatmaps"][kind], codec.max_peaks)
        index, values = index[values > codec.peak_thr], values[values > codec.peak_thr]
        peaks = place(index) + read("cell_offsets", index)
        for person in range(len(cells) if len(index) else 0):
            distance = (peaks - points[person, kind]).norm(dim=1)
            nearest = int(distance.argmin())
            inside = (peaks[nearest] - centers[person]).abs() <= sizes[person] / 2
            limit = codec.peak_reach * sizes[person].max()
            if inside.all() and distance[nearest] <= limit:
                points[person, kind] = peaks[nearest]
                responses[person, kind] = values[nearest]
    return points * codec.stride, responses, scores


@pytest.mark.parametrize("kind", ["random", "plateaus", "flat", "empty"])
def test_decoding_is_that_of_whole_maps(kind):
    """Cells that cannot be chosen are not looked at; what is found is the same."""
    codec = codec_of(max_people=20, max_peaks=15)
    width, height = codec.map_size
    generator = torch.Generator().manual_seed(0)

    def rand(channels):
        return torch.rand((channels, height, width), generator=generator)

    heat = {
        "random": lambda n: rand(n) ** 4,
        "plateaus": lambda n: (rand(n) * 6).floor() / 5,
        "flat": lambda n: torch.full((n, height, width), 0.4),
        "empty": lambda n: torch.zeros(n, height, width),
    }[kind]
    maps = {
        "center": heat(1),
        "sizes": 20 * rand(2),
        "center_offsets": rand(2),
        "keypoint_offsets": 16 * rand(6) - 8,
        "keypoint_heatmaps": heat(3),
        "cell_offsets": rand(2),
    }
    keypoints, scores, _, centers = decode(codec, maps)
    expected = by_sorting_everything(codec, maps)
    assert len(keypoints) == (0 if kind == "empty" else 20)
    np.testing.assert_allclose(keypoints, expected[0], atol=1e-4)
    np.testing.assert_array_equal(scores, expected[1])
    np.testing.assert_array_equal(centers, expected[2])
    regressed = decode(codec_of(max_people=20, peak_thr=2.0), maps)[0]
    moved = (keypoints != regressed).any(axis=-1)
    if kind in ("random", "plateaus"):
        assert 0.05 < moved.mean() < 0.95


def test_images_of_a_batch_do_not_mix():
    codec = codec_of()
    boxes = np.array([[20.0, 20, 100, 120], [90, 40, 170, 150]])
    points = np.array(
        [[[30.0, 30], [90, 40], [60, 110]], [[100.0, 60], [150, 90], [120, 140]]]
    )
    images = [
        perfect_maps(codec, codec.encode(points[:n], None, boxes[:n]))
        for n in (1, 0, 2)
    ]
    batch = {
        name: torch.stack([torch.as_tensor(maps[name]) for maps in images])
        for name in images[0]
    }
    for maps, found in zip(images, codec.batch_decode(**batch), strict=True):
        for one, other in zip(decode(codec, maps), found, strict=True):
            assert np.array_equal(one, other)


@pytest.mark.parametrize("name", ["center", "keypoint_offsets", "keypoint_heatmaps"])
def test_maps_that_are_not_finite_or_do_not_fit(name):
    codec = codec_of()
    encoded = codec.encode(np.zeros((0, 3, 2)), None, np.zeros((0, 4)))
    maps = perfect_maps(codec, encoded)
    bad = {**maps, name: np.full_like(maps[name], np.nan)}
    with pytest.raises(InputError, match=rf"{name} to decode.*not finite"):
        decode(codec, bad)
    with pytest.raises(InputError, match=f"{name} to decode"):
        decode(codec, {**maps, name: np.repeat(maps[name], 2, axis=0)})


def test_annotations_and_options_that_cannot_be():
    points, box = np.zeros((1, 3, 2)), np.array([[0.0, 0, 9, 9]])
    with pytest.raises(InputError, match="bbox"):
        codec_of().encode(points, None, None)
    with pytest.raises(InputError, match="bbox"):
        codec_of().encode(points, None, box * np.nan)
    with pytest.raises(InputError, match="keypoint 0 of person 0"):
        codec_of().encode(points * np.nan, None, box)
    with pytest.raises(ConfigError, match="stride"):
        CenterNetPose(SIZE, stride=0)
