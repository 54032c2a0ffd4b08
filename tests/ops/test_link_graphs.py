"""True links of nodes and scores of predicted ones: by hand and pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.errors import InputError
from mmsia.ops.link_graphs import score_links, true_links


def test_true_links_by_hand():
    # the second instance: parts 2, 0, none (a false peak), and no node
    parts = np.array([[0, 1, 2, 3], [2, 0, -1, -1]])
    mask = np.array([[True] * 4, [True, True, True, False]])
    found = true_links(parts, mask, [[(0, 1), (2, 3)], [(0, 2), (1, 2)]])
    assert found[0].tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]
    assert found[1].tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_no_links_or_no_nodes():
    found = true_links(np.array([[0, 1]]), np.ones((1, 2), bool), [[]])
    assert found[0].tolist() == [[1, 0], [0, 1]]
    empty = true_links(np.zeros((2, 0), int), np.zeros((2, 0), bool), [[(0, 1)], []])
    assert empty.shape == (2, 0, 0)


def test_scores_by_hand():
    """Pairs of three nodes: a link at 0.9, another pair at 0.8, a link at 0.3."""
    guess = np.array([[[1, 0.9, 0.8], [0.9, 1, 0.3], [0.8, 0.3, 1]]])
    truth = np.array([[[1, 1, 0], [1, 1, 1], [0, 1, 1]]])
    scores = score_links(guess, truth, np.ones((1, 3), bool))
    assert scores.average_precision == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert scores.area == pytest.approx(1 / 2)
    assert scores.f1 == pytest.approx(2 * 1 / (2 + 2))


def random_links(seed, ties):
    rng = np.random.default_rng(seed)
    mask = np.arange(9) < rng.integers(0, 10, (20, 1))
    guess = rng.random((20, 9, 9)).round(1 if ties else 9)
    truth = rng.random((20, 9, 9)) < 0.3
    return (
        (guess + guess.transpose(0, 2, 1)) / 2,
        truth | truth.transpose(0, 2, 1),
        mask,
    )


@pytest.mark.parametrize("ties", [True, False])
def test_scores_pair_by_pair(ties):
    guess, truth, mask = random_links(0, ties)
    scores = score_links(guess, truth, mask, threshold=0.6)
    pairs = [
        (guess[b, i, j], truth[b, i, j])
        for b in range(20)
        for i in range(9)
        for j in range(i)
        if mask[b, i] and mask[b, j]
    ]
    links = [p for p, linked in pairs if linked]
    others = [p for p, linked in pairs if not linked]
    wins = sum((a > b) + 0.5 * (a == b) for a in links for b in others)
    assert scores.area == pytest.approx(wins / len(links) / len(others))
    precision = before = 0.0
    for limit in sorted({p for p, _ in pairs}, reverse=True):
        right = sum(p >= limit for p in links)
        share = right / sum(p >= limit for p, _ in pairs)
        precision += (right - before) / len(links) * share
        before = right
    assert scores.average_precision == pytest.approx(precision)
    right, chosen = sum(p >= 0.6 for p in links), sum(p >= 0.6 for p, _ in pairs)
    assert scores.f1 == pytest.approx(2 * right / (chosen + len(links)))


def test_padding_and_the_diagonal_do_not_count():
    guess, truth, mask = random_links(1, False)
    first = score_links(guess, truth, mask)
    index = np.arange(9)
    guess[:, index, index], truth[:, index, index] = np.nan, True
    guess[~mask] = 0.99
    assert score_links(guess, truth, mask) == first


def test_nothing_to_score():
    none = score_links(np.zeros((2, 1, 1)), np.ones((2, 1, 1)), np.ones((2, 1), bool))
    assert np.isnan([none.average_precision, none.area, none.f1]).all()


def test_bad_input():
    guess, truth, mask = random_links(0, False)
    with pytest.raises(InputError, match="scores of links"):
        score_links(guess[:, :5], truth, mask)
    with pytest.raises(InputError, match="scores of links"):
        score_links(guess * np.nan, truth, mask)
