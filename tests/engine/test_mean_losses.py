from __future__ import annotations

import math

import pytest

from mmsia.errors import TrainingError
from tests.bench.rank_group import run_ranks
from tests.engine.norm_tasks import mean_of


def test_every_process_gets_the_mean():
    answers = run_ranks(mean_of, [{"a": 1.0, "loss": 2.0}, {"a": 2.0, "loss": 5.0}])
    assert answers == [{"a": 1.5, "loss": 3.5}] * 2


def test_what_is_not_finite_in_one_is_not_finite_in_all():
    for bad in (math.nan, math.inf):
        answers = run_ranks(mean_of, [{"a": 1.0, "b": 0.0}, {"a": bad, "b": 1.0}])
        for losses in answers:
            assert not math.isfinite(losses["a"]) and losses["b"] == 0.5


def test_other_losses_stop_all():
    answers = run_ranks(mean_of, [{"a": 1.0, "b": 0.0}, {"a": 1.0}])
    for error in answers:
        assert isinstance(error, TrainingError) and error.step == 7
        assert "step 7: processes differ in their losses" in str(error)
        assert "expected a, b, as in the first, got a in number 2" in str(error)


def test_one_process_keeps_its_own():
    (losses,) = run_ranks(mean_of, [{"a": 0.1}], processes=1)
    assert losses["a"] == pytest.approx(0.1, rel=1e-7)
