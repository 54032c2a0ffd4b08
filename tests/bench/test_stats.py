"""Bootstrap, Holm and detectable effects: hand-worked values, and coverage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm, t

from mmsia.bench.rules import Band, judge_claim
from mmsia.bench.stats import (
    Term,
    draws_needed,
    holm,
    image_weights,
    interval,
    p_value,
    smallest_detectable_effect,
    two_level_bootstrap,
)
from mmsia.bench.terms import ClaimVerdict, Scale
from mmsia.errors import InputError


def _mean(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda weights: weights @ values / weights.sum(axis=1)


def _draws(rng, *rows, **options) -> np.ndarray:
    terms = [
        Term([_mean(seed) for seed in row], 1.0 if number == 0 else -1.0)
        for number, row in enumerate(rows)
    ]
    groups = options.pop("groups", range(len(rows[0][0])))
    return two_level_bootstrap(terms, groups, num_draws=4000, rng=rng, **options)


def test_one_seed_is_the_bootstrap_of_images() -> None:
    values = np.random.default_rng(0).normal(50, 10, 400)
    draws = _draws(np.random.default_rng(1), [values])
    assert draws.mean() == pytest.approx(values.mean(), abs=0.05)
    assert draws.std() == pytest.approx(values.std() / 20, rel=0.05)


def test_what_images_do_to_both_rows_cancels() -> None:
    hard = np.random.default_rng(0).normal(50, 30, 200)
    draws = _draws(np.random.default_rng(1), [hard + 2.0], [hard])
    assert np.allclose(draws, 2.0)


def test_seeds_alone_give_students_interval() -> None:
    # The three seeds score 1, 2 and 6 on every image: mean 3, variance 7.
    seeds = [np.full(50, x) for x in (1.0, 2.0, 6.0)]
    draws = _draws(np.random.default_rng(1), seeds)
    wide = t.ppf(0.975, 2) / norm.ppf(0.975)
    assert draws.mean() == pytest.approx(3.0, abs=0.2)
    assert draws.std() == pytest.approx(wide * np.sqrt(7 / 3), rel=0.05)


def test_paired_seeds_cancel_as_images_do() -> None:
    good = [np.full(20, x) for x in (1.0, 2.0, 6.0)]
    other = [seed - 0.5 for seed in good]
    paired = _draws(np.random.default_rng(1), good, other, paired_seeds=True)
    assert np.allclose(paired, 0.5)
    assert _draws(np.random.default_rng(1), good, other).std() > 1


def test_frames_of_a_sequence_are_drawn_together() -> None:
    rng = np.random.default_rng(0)
    weights = image_weights(["a", "a", "b", "c", "c"], 50, rng)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 4]).all()
    assert set(weights[:, [0, 2, 3]].sum(axis=1)) == {3}


@pytest.mark.parametrize(
    ("terms", "paired"),
    [([], False), ([Term([])], False), ([Term([_mean]), Term([_mean] * 2)], True)],
)
def test_rows_without_seeds_or_without_pairs_are_refused(terms, paired) -> None:
    with pytest.raises(InputError, match="seeds of the rows"):
        two_level_bootstrap(
            terms,
            range(3),
            num_draws=10,
            rng=np.random.default_rng(0),
            paired_seeds=paired,
        )


def test_holm_by_hand() -> None:
    # Sorted .01 .02 .03 .04 -> .04 .06 .06 .06, kept in the order given.
    assert holm([0.02, 0.01, 0.04, 0.03]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_p_is_two_sided_and_never_zero() -> None:
    draws = np.arange(1, 100) / 100
    assert p_value(draws) == pytest.approx(2 / 100)
    assert p_value(draws, 0.5) == 1.0
    assert p_value(draws, 0.955) == pytest.approx(2 * 5 / 100)
    assert 2 / (draws_needed(20) + 1) <= 0.05 / 20


def test_an_interval_needs_a_score() -> None:
    assert interval(np.array([np.nan, *range(101)])) == pytest.approx((2.5, 97.5))
    with pytest.raises(InputError):
        interval(np.array([np.nan]))


def test_smallest_effect_by_hand() -> None:
    # Images alone: (1.960 + 0.842) standard errors.
    alone = smallest_detectable_effect(seed_sd=0, image_se=1.0, num_seeds=1)
    assert alone == pytest.approx(2.8016, abs=1e-3)
    # Seeds alone, 2 x 3 of them: 4 degrees of freedom, error sqrt(2 / 3).
    seeds = smallest_detectable_effect(seed_sd=1.0, image_se=0, num_seeds=3)
    expected = (t.ppf(0.975, 4) + t.ppf(0.8, 4)) * np.sqrt(2 / 3)
    assert seeds == pytest.approx(expected)
    paired = smallest_detectable_effect(
        seed_sd=1.0, image_se=0, num_seeds=3, paired_seeds=True
    )
    assert paired == pytest.approx((t.ppf(0.975, 2) + t.ppf(0.8, 2)) * 3**-0.5)
    many = smallest_detectable_effect(
        seed_sd=1.0, image_se=0.5, num_seeds=3, num_claims=10
    )
    assert many > smallest_detectable_effect(seed_sd=1.0, image_se=0.5, num_seeds=3)
    with pytest.raises(InputError):
        smallest_detectable_effect(seed_sd=1.0, image_se=0, num_seeds=1)


def test_the_smallest_effect_is_detected_as_often_as_promised() -> None:
    rng = np.random.default_rng(3)
    effect = smallest_detectable_effect(seed_sd=0, image_se=1.0, num_seeds=1)
    found = sum(
        judge_claim(
            rng.normal(effect + rng.normal(), 1, 2000), 0.0, effect, Scale.MINI
        ).verdict
        is ClaimVerdict.HOLDS
        for _ in range(600)
    )
    assert 0.75 < found / 600 < 0.85


def _reproduction(number: int, num_seeds: int, seed_sd: float, paired: bool):
    """One simulated reproduction of two rows that differ by nothing."""
    rng = np.random.default_rng((11, number))
    hard, slope = rng.normal(70, 25, 200), rng.normal(0, 8, 200)
    shared = rng.normal(0, seed_sd, num_seeds)
    rows = []
    for k in range(2):
        own = shared * paired + rng.normal(0, seed_sd / (3 if paired else 1), num_seeds)
        rows.append([hard + k * slope + x + rng.normal(0, 10, 200) for x in own])
    terms = [Term([_mean(s) for s in row], 1.0 - 2 * k) for k, row in enumerate(rows)]
    return two_level_bootstrap(
        terms, range(200), num_draws=500, rng=rng, paired_seeds=paired
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num_seeds", "seed_sd", "paired"),
    [(3, 0.6, False), (5, 2.0, False), (5, 0.6, True), (3, 0.0, False)],
)
def test_coverage_and_false_verdicts_over_1000_reproductions(
    num_seeds: int, seed_sd: float, paired: bool
) -> None:
    covered, holds = 0, 0
    for number in range(1000):
        draws = _reproduction(number, num_seeds, seed_sd, paired)
        low, high = interval(draws)
        covered += low <= 0 <= high
        verdict = judge_claim(draws, 0.0, 1.0, Scale.MINI).verdict
        holds += verdict is ClaimVerdict.HOLDS
    assert 920 <= covered <= 980
    # One side of the level: 2.5 % as stated, within the error of 1,000 trials.
    assert holds <= 40


@pytest.mark.slow
def test_holm_keeps_false_verdicts_of_a_paper_below_the_level() -> None:
    wrong = 0
    for number in range(400):
        draws = [_reproduction(8 * number + k, 3, 0.6, False) for k in range(8)]
        wrong += min(holm([Band(0.0).p_value(d) for d in draws])) <= 0.05
    assert wrong / 400 <= 0.07
