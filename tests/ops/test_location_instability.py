"""LIS: overlaps by hand, when nothing changes, unseen shapes, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.datasets.simulated.objects_categories import CATEGORIES, cad_model
from mmsia.datasets.simulated.objects_viewpoint import Viewpoint
from mmsia.errors import InputError
from mmsia.ops.distance_statistics import DistanceStatistics, learn_distances
from mmsia.ops.location_instability import Peaks, settle_overlaps

CORNERS = np.array([[0.0, 0], [100, 0], [0, 100], [100, 100]])


def squares():
    """Category 0: squares that differ a little; category 1 was never seen."""
    rng = np.random.default_rng(0)
    points = CORNERS + rng.normal(0, 3, (50, 4, 2))
    boxes = np.tile([0.0, 0, 100, 100], (50, 1))
    return learn_distances(points, np.ones((50, 4), bool), boxes, [0] * 50, 2)


def peaks_of(points, parts, scores=None):
    """Features that are 1 away from their part and 3 from the others."""
    away = np.full((len(points), 4), 3.0)
    named = np.flatnonzero(np.asarray(parts) >= 0)
    away[named, np.asarray(parts)[named]] = 1
    scores = np.linspace(0.9, 0.5, len(points)) if scores is None else scores
    return Peaks(np.asarray(points, float), np.asarray(scores), away)


def two_squares(extra=()):
    """Boxes that share (60, 40) to (100, 100); each crop shows what lies in its box."""
    boxes = np.array([[0.0, 0, 100, 100], [60, 40, 160, 140]])
    points = np.concatenate(
        [CORNERS, CORNERS + boxes[1, :2], np.array(extra).reshape(-1, 2)]
    )
    parts = np.array([0, 1, 2, 3] * 2 + [0] * len(extra))
    shown = []
    for box in boxes:
        inside = ((points >= box[:2]) & (points <= box[2:])).all(axis=1)
        shown.append(np.flatnonzero(inside))
    peaks = [peaks_of(points[index], parts[index]) for index in shown]
    return boxes, peaks, shown


def owned(settled, shown):
    """Which points each instance has in the end."""
    return [sorted(shown[g][p] for g, p in one.source.tolist()) for one in settled]


def test_two_squares_by_hand():
    boxes, peaks, shown = two_squares()
    # both boxes hold the first one's corner 3 and the second one's corner 0
    assert [len(index) for index in shown] == [5, 5]
    settled = settle_overlaps(boxes, [0, 0], peaks, squares())
    assert owned(settled, shown) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    for one in settled:
        assert sorted(one.parts.tolist()) == [0, 1, 2, 3] and one.changed


def test_a_peak_that_fits_nowhere_is_deleted():
    boxes, peaks, shown = two_squares(extra=[[78, 70]])
    settled = settle_overlaps(boxes, [0, 0], peaks, squares())
    assert owned(settled, shown) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    # with the right corner missing, only its distances tell the false peak
    peaks = [
        Peaks(p.points[keep], p.scores[keep], p.part_distances[keep])
        for p, index in zip(peaks, shown, strict=True)
        for keep in [index != 4]
    ]
    shown = [index[index != 4] for index in shown]
    strict = settle_overlaps(boxes, [0, 0], peaks, squares())
    assert owned(strict, shown) == [[0, 1, 2, 3], [5, 6, 7]]
    lax = settle_overlaps(boxes, [0, 0], peaks, squares(), max_z=100)
    assert owned(lax, shown) == [[0, 1, 2, 3], [5, 6, 7, 8]]


def test_more_fixed_peaks_than_parts():
    """The template's number is not exceeded: what is like a part least goes."""
    boxes, peaks, _ = two_squares(extra=[[20, 20], [30, 10]])
    settled = settle_overlaps(boxes, [0, 0], peaks, squares())
    assert [len(one.source) for one in settled] == [4, 4]


def test_the_higher_of_two_peaks_at_one_place_stays():
    boxes, peaks, _ = two_squares()
    settled = settle_overlaps(boxes, [0, 0], peaks, squares())
    for g, p in np.concatenate([one.source for one in settled]):
        place = peaks[g].points[p]
        same = (peaks[1 - g].points == place).all(axis=1)
        assert not same.any() or peaks[g].scores[p] >= peaks[1 - g].scores[same]


def unchanged(settled, peaks):
    for number, (one, before) in enumerate(zip(settled, peaks, strict=True)):
        expected = [[number, p] for p in range(len(before.points))]
        assert one.source.tolist() == expected and not one.changed


@pytest.mark.parametrize(
    ("boxes", "labels"),
    [
        ([[0, 0, 100, 100], [200, 0, 300, 100]], [0, 0]),
        ([[0, 0, 100, 100], [100, 0, 200, 100]], [0, 0]),  # they touch
        ([[0, 0, 100, 100], [60, 40, 160, 140]], [0, 1]),  # two categories
        ([[0, 0, 100, 100], [60, 40, 160, 140]], [1, 1]),  # no statistics
        ([[0, 0, 100, 100], [0, 0, 100, 100]], [0, 0]),  # nothing is fixed
        ([[0, 0, 100, 100], [50, 50, 50, 80]], [0, 0]),  # zero area
    ],
)
def test_when_nothing_changes(boxes, labels):
    peaks = [
        peaks_of(CORNERS, range(4)),
        peaks_of([[62, 45], [70, 70]], [0, 2]),
    ]
    unchanged(settle_overlaps(boxes, labels, peaks, squares()), peaks)


def test_two_detections_of_one_object_are_not_torn_apart():
    boxes, peaks, shown = two_squares()
    boxes = np.vstack([boxes, boxes[:1] + 1])
    peaks = [*peaks, peaks[0]]
    unchanged(settle_overlaps(boxes, [0, 0, 0], peaks, squares()), peaks)
    # of another category, it does not matter
    settled = settle_overlaps(boxes, [0, 0, 1], peaks, squares())
    assert owned(settled[:2], shown) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_small_object_within_the_box_of_a_large_one():
    """The small one has no fixed peak; what the large one cannot be is left for it."""
    boxes = np.array([[0.0, 0, 100, 100], [30, 30, 50, 50]])
    points = np.concatenate([CORNERS, CORNERS * 0.2 + 30])
    peaks = [peaks_of(points, [0, 1, 2, 3] * 2), peaks_of(points[4:], range(4))]
    settled = settle_overlaps(boxes, [0, 0], peaks, squares())
    shown = [np.arange(8), np.arange(4, 8)]
    assert owned(settled, shown) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_others_are_left_alone():
    """A third instance apart, and one of another category in the middle."""
    boxes, peaks, shown = two_squares()
    boxes = np.vstack([boxes, [300, 0, 400, 100], [50, 30, 120, 120]])
    more = [peaks_of(CORNERS + way, range(4)) for way in (np.array([300, 0]), 50)]
    statistics = squares()
    settled = settle_overlaps(boxes, [0, 0, 0, 1], [*peaks, *more], statistics)
    assert owned(settled[:2], shown) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    for number in (2, 3):
        assert settled[number].source.tolist() == [[number, p] for p in range(4)]
        assert not settled[number].changed


def test_few_no_or_many_keypoints():
    boxes, peaks, _ = two_squares()
    none = Peaks(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 4)))
    one = peaks_of([[80, 70]], [0])
    assert settle_overlaps(np.zeros((0, 4)), [], [], squares()) == []
    unchanged(settle_overlaps(boxes, [0, 0], [none, none], squares()), [none, none])
    for pair in ([peaks[0], none], [one, peaks[1]]):
        settled = settle_overlaps(boxes, [0, 0], pair, squares())
        assert sum(len(s.source) for s in settled) <= sum(len(p.points) for p in pair)
    rng = np.random.default_rng(0)
    many = [
        Peaks(
            rng.uniform(b[:2], b[2:], (200, 2)), rng.random(200), rng.random((200, 4))
        )
        for b in boxes
    ]
    settled = settle_overlaps(boxes, [0, 0], many, squares())
    assert [len(s.source) for s in settled] == [4, 4]
    kept = np.concatenate([s.source for s in settled])
    assert len(np.unique(kept, axis=0)) == 8


def test_a_category_whose_features_were_never_seen():
    boxes, peaks, _ = two_squares()
    blind = [Peaks(p.points, p.scores, p.part_distances * np.inf) for p in peaks]
    unchanged(settle_overlaps(boxes, [0, 0], blind, squares()), blind)


def test_bad_input():
    boxes, peaks, _ = two_squares()
    nan = Peaks(peaks[0].points, peaks[0].scores, peaks[0].part_distances * np.nan)
    lost = Peaks(peaks[0].points * np.nan, peaks[0].scores, peaks[0].part_distances)
    wide = Peaks(peaks[0].points, peaks[0].scores, np.ones((5, 9)))
    for odd in (nan, lost, wide):
        with pytest.raises(InputError, match="peaks of instance 1"):
            settle_overlaps(boxes, [0, 0], [peaks[0], odd], squares())
    with pytest.raises(InputError, match="LIS: instances"):
        settle_overlaps(boxes, [0, 2], peaks, squares())
    with pytest.raises(InputError, match="LIS: instances"):
        settle_overlaps(boxes, [0, 0], peaks[:1], squares())
    with pytest.raises(InputError, match="LIS: boxes"):
        settle_overlaps(boxes * np.nan, [0, 0], peaks, squares())


NAMES = ("tvmonitor", "chair", "car", "aeroplane", "bus", "bicycle")
PARTS = 16


def project(rng, label, models, place=(100.0, 100.0)):
    """Keypoints and box of a simulated object."""
    category = CATEGORIES[NAMES[label]]
    model = cad_model(category.name, int(rng.integers(*models)))
    view = Viewpoint(
        azimuth=float(rng.uniform(0, 360)),
        elevation=float(rng.uniform(*category.elevation)), theta=0.0,
        distance=float(rng.uniform(3.5, 5)), px=place[0], py=place[1], viewport=400.0,
    )  # fmt: skip
    outline = view.project(model.vertices)
    return view.project(model.keypoints), np.r_[outline.min(0), outline.max(0)]


def training_statistics(rng, number=200) -> DistanceStatistics:
    labels = np.repeat(np.arange(len(NAMES)), number)
    points = np.zeros((len(labels), PARTS, 2))
    visible, boxes = np.zeros(points.shape[:2], bool), np.zeros((len(labels), 4))
    for index, label in enumerate(labels):
        found, boxes[index] = project(rng, label, (0, 48))
        points[index, : len(found)], visible[index, : len(found)] = found, True
    return learn_distances(points, visible, boxes, labels, len(NAMES))


def overlapping_pair(rng, label, codes):
    """Two objects of shapes that training had not; peaks, where they are, whose."""
    first, box = project(rng, label, (48, 72))
    way = rng.uniform(0.2, 0.6, 2) * (box[2:] - box[:2]) * rng.choice((-1, 1), 2)
    second, other = project(rng, label, (48, 72), tuple((way + 100).tolist()))
    boxes, parts = np.array([box, other]), np.tile(np.arange(len(first)), 2)
    points = np.concatenate([first, second]) + rng.normal(0, 1, (len(parts), 2))
    features = codes[label][parts] + rng.normal(0, 0.5, (len(parts), 8))
    away = np.linalg.norm(features[:, None] - codes[label], axis=-1)
    away[:, len(first) :] = np.inf
    scores, peaks, shown = rng.uniform(0.3, 1, len(parts)), [], []
    for low, high in zip(boxes[:, :2] - 2, boxes[:, 2:] + 2, strict=True):
        index = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
        shown.append(index)
        peaks.append(Peaks(points[index], scores[index], away[index]))
    return boxes, peaks, shown, points, np.repeat([0, 1], len(first))


def agreement(sets, whose):
    """F1 of who owns what."""
    right = sum(int((whose[list(s)] == g).sum()) for g, s in enumerate(sets))
    return 2 * right / (sum(map(len, sets)) + len(whose))


def test_keypoints_of_unseen_shapes_go_to_the_right_instance():
    """With it, without it (each box keeps what it holds), and by the nearest centre."""
    rng = np.random.default_rng(0)
    statistics = training_statistics(rng)
    codes = rng.normal(0, 1, (len(NAMES), PARTS, 8))
    for label, name in enumerate(NAMES):
        scores = []
        for _ in range(40):
            boxes, peaks, shown, points, whose = overlapping_pair(rng, label, codes)
            settled = settle_overlaps(boxes, [label] * 2, peaks, statistics)
            away = points[:, None] - (boxes[:, :2] + boxes[:, 2:]) / 2
            away = np.linalg.norm(away / (boxes[:, 2:] - boxes[:, :2]), axis=-1)
            nearest = [np.flatnonzero(away.argmin(axis=1) == g) for g in (0, 1)]
            ways = owned(settled, shown), shown, nearest
            scores.append([agreement(way, whose) for way in ways])
        with_it, without, centre = np.mean(scores, axis=0)
        assert with_it > without and with_it > centre + 0.05, (name, with_it, without)
