"""Boxes before and after centre lines correct them, by hand and on real people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmsia.bench.box_study import (
    CORRECTIONS,
    DAMAGES,
    RATIO,
    LineDamage,
    jitter,
    study_boxes,
)
from mmsia.datasets.coco_keypoints import ImageRecord, load_coco_keypoints
from mmsia.errors import InputError
from mmsia.ops.center_lines import draw_center_lines


def record(outside: int = 0) -> ImageRecord:
    """A box of 200 x 100 pixels, so many of its 17 keypoints far outside."""
    points = np.full((1, 17, 3), 2.0)
    points[0, :, :2] = (156, 206)
    points[0, :outside, :2] = (500, 500)
    return ImageRecord(
        image_id=7,
        file_name="7.jpg",
        width=512,
        height=512,
        keypoints=points,
        boxes=np.array([[56.0, 156.0, 200.0, 100.0]]),
        areas=np.array([1e4]),
        annotation_ids=np.array([1]),
    )


def test_qualities_by_hand() -> None:
    found = study_boxes([record(outside=4)])
    true = found["no lines", "true boxes"]
    assert (true.iou, true.area) == (1.0, 1.0)
    assert true.outside == pytest.approx(100 * 4 / 17)
    coarse = jitter(
        np.array([[56.0, 156.0, 256.0, 256.0]]), np.random.default_rng([0, 7, 3])
    )[0]
    low = np.maximum(coarse[:2], (56, 156))
    high = np.minimum(coarse[2:], (256, 256))
    both, area = (high - low).prod(), (coarse[2:] - coarse[:2]).prod()
    jittered = found["no lines", "jittered boxes"]
    assert jittered.iou == pytest.approx(both / (area + 2e4 - both))
    assert jittered.area == pytest.approx(area / 2e4)
    for damage in DAMAGES:
        assert found[damage.name, "as they are"] == jittered
        wider = found[damage.name, "fixed extension"]
        assert wider.area == pytest.approx(jittered.area * (1 + RATIO) ** 2)


def test_boxes_are_moved_by_a_tenth_at_most() -> None:
    boxes = np.tile([[100.0, 100.0, 200.0, 400.0]], (1000, 1))
    moved = jitter(boxes, np.random.default_rng(0))
    centre = (moved[:, 2:] + moved[:, :2]) / 2 - (150, 250)
    side = (moved[:, 2:] - moved[:, :2]) / (100, 300)
    assert np.abs(centre).max(axis=0) == pytest.approx((10, 30), rel=0.05)
    assert side.min(axis=0) == pytest.approx((0.9, 0.9), rel=0.01)
    assert side.max(axis=0) == pytest.approx((1.1, 1.1), rel=0.01)


def test_damage_does_what_it_says() -> None:
    lines = draw_center_lines(np.array([[40.0, 40.0, 360.0, 360.0]]), (100, 100))
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(LineDamage("none").apply(lines, rng), lines)
    weaker = LineDamage("weaker", scale=0.25).apply(lines, rng)
    np.testing.assert_allclose(weaker, lines / 4)
    broken = LineDamage("broken", gaps=3).apply(lines, rng)
    lost = (lines > 0.5) & (broken == 0)
    assert lost.any() and ((broken == lines) | (broken == 0)).all()


def test_lines_that_are_lost_move_every_box_inwards() -> None:
    """With nothing above the threshold a box ends where it began, within a step."""
    boxes = np.array([[100.0, 100.0, 200.0, 300.0]])
    dark = np.zeros((2, 100, 100), dtype=np.float32)
    np.testing.assert_allclose(
        CORRECTIONS["dichotomy"](boxes, dark), boxes, atol=RATIO * 200 / 2**10
    )


def test_real_people(samples: Path) -> None:
    """What the paper wants boxes extended for: keypoints that lie outside of them."""
    path = samples / "coco_val_part" / "person_keypoints_val2017_part.json"
    found = study_boxes(load_coco_keypoints(path).annotated())
    assert len(found) == 2 + len(DAMAGES) * len(CORRECTIONS)
    true, coarse = (found["no lines", f"{k} boxes"] for k in ("true", "jittered"))
    assert 3.5 < true.outside < 4.5
    assert true.outside < coarse.outside
    assert found == study_boxes(load_coco_keypoints(path).annotated())


def test_nobody_is_refused() -> None:
    with pytest.raises(InputError, match="nobody"):
        study_boxes([])
