"""Images are picked by rule."""

import pytest

from mmsia.bench.gallery import pick_images, rule_in_words


def test_worst_then_quantiles_and_none_twice():
    """Scores 0, 10, ..., 90 in another order; the worst two are 0 and 10."""
    scores = [30, 0, 90, 60, 10, 50, 20, 80, 70, 40]
    picks = pick_images(scores, range(10), quantiles=(0, 0.1, 0.5, 1), num_worst=2)
    found = [(scores[pick.index], pick.why) for pick in picks]
    # ranks 0 and 1 are shown already; 0.5 of ranks 0 to 9 is 4.5, the even one
    assert found == [
        (0, "worst 1"),
        (10, "worst 2"),
        (40, "quantile 0.5"),
        (90, "quantile 1"),
    ]


def test_ties_go_by_number():
    picks = pick_images([1.0, 1.0, 1.0], [5, 3, 9], quantiles=(1,), num_worst=1)
    assert [pick.index for pick in picks] == [1, 2]


@pytest.mark.parametrize(("num", "shown"), [(0, 0), (1, 1), (3, 3)])
def test_fewer_images_than_are_asked_for(num, shown):
    picks = pick_images([0.0] * num, range(num), quantiles=(0.2, 0.8), num_worst=8)
    assert len(picks) == shown


@pytest.mark.parametrize(
    ("quantiles", "worst", "words"),
    [
        ((), 8, "the worst 8"),
        ((0.5, 1.0), 0, "those at quantiles 0.5, 1 (0 the worst, 1 the best)"),
        ((0.25,), 2, "the worst 2, then those at quantiles 0.25 (0 the worst, 1"),
    ],
)
def test_the_rule_in_words(quantiles, worst, words):
    assert rule_in_words(quantiles, worst).startswith(words)
