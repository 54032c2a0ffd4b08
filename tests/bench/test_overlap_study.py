"""The study of overlaps: all its lines, and perfect features settle almost all."""

from __future__ import annotations

import pytest

from mmsia.bench.made_objects import NAMES
from mmsia.bench.overlap_study import WAYS, study_overlaps


def test_lines_and_gains() -> None:
    found = study_overlaps(pairs=4, noise=0.5, num_draws=200)
    assert [(q.category, q.way) for q in found] == [
        (category, way) for category in (*NAMES, "all") for way in WAYS
    ]
    overall = {q.way: q for q in found if q.category == "all"}
    for quality in overall.values():
        assert quality.gain == pytest.approx(overall["LIS"].f1 - quality.f1)
        low, high = quality.interval
        assert 0 < low < quality.f1 < high < 100
    assert overall["LIS"].gain_interval == (0, 0)
    again = study_overlaps(pairs=4, noise=0.5, num_draws=200)
    assert [q.f1 for q in again] == [q.f1 for q in found]


def test_what_a_box_holds_is_never_less_than_its_own() -> None:
    """Each box shows all of its own keypoints: recall is 1, precision pays for it."""
    found = study_overlaps(pairs=3, noise=0.0, num_draws=50)
    for quality in found:
        if quality.way == WAYS[0]:
            assert 100 * 2 / 3 - 1e-6 <= quality.f1 < 100
