"""A row's score over its seeds, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.bench.row_scores import draws_table, row_score
from mmsia.bench.store import StoredRun
from mmsia.errors import DataError


def _run(value: float, draws=None, data: str = "d", key: str = "k") -> StoredRun:
    result = {"scores": {"ap": value}, "intervals": {"ap": [value - 1, value + 1]}}
    if draws is not None:
        result["draws"] = {"ap": [float(d) for d in draws]}
    return StoredRun(key, result, {"data": {"digest": data, "num_used": 5}})


def test_one_run_keeps_its_own_interval() -> None:
    found = row_score([_run(70.0)], "ap")
    assert (found.value, found.interval, found.num_seeds) == (70.0, (69.0, 71.0), 1)
    assert row_score([_run(70.0)], None) is None
    assert row_score([_run(70.0)], "pck") is None
    assert row_score([], "ap") is None


def test_seeds_give_their_mean_and_a_wider_interval() -> None:
    images = np.random.default_rng(0).normal(0, 1, 2000)
    runs = [_run(70 + s, 70 + s + images) for s in (-2.0, 0.0, 2.0)]
    found = row_score(runs, "ap")
    assert (found.value, found.num_seeds) == (70.0, 3)
    # Standard error: images 1, seeds 2 / sqrt(3); normal quantiles at the least.
    half = 1.96 * (1 + 4 / 3) ** 0.5
    low, high = found.interval
    assert low < 70 - 0.9 * half
    assert high > 70 + 0.9 * half
    assert row_score(runs, "ap") == found


def test_equal_seeds_have_the_interval_of_the_images() -> None:
    images = 70 + np.random.default_rng(0).normal(0, 1, 500)
    low, high = row_score([_run(70.0, images)] * 3, "ap").interval
    assert (low, high) == pytest.approx(tuple(np.quantile(images, [0.025, 0.975])))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"draws": None, "key": "old"}, "the run old"),
        ({"draws": [1, 2], "data": "e"}, "the same images"),
        ({"draws": [1, 2, 3]}, "as many draws"),
    ],
)
def test_seeds_that_cannot_be_compared_are_refused(other: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        draws_table([_run(1.0, [1, 2]), _run(1.0, **other)], "ap")
