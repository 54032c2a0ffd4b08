"""Weights of heads, read from stored predictions."""

import numpy as np
import pytest

from mmsia.bench.gallery_weights import head_weights
from mmsia.errors import DataError


def hands(*weights):
    return [
        {"id": 10 + i, "image_id": i, "head_weights": list(own)}
        for i, own in enumerate(weights)
    ]


def test_means_order_and_entropy_by_hand():
    found = head_weights(
        hands([0.5, 0.5, 0], [0, 0, 1], [1 / 3] * 3, [0.2, 0.8, 0], [0.9, 0.05, 0.05])
    )
    # sums over the images: 1.93, 1.68, 1.38
    assert found.strongest == 0
    expected = [np.log(2) / np.log(3), 0, 1]
    np.testing.assert_allclose(found.evenness[:3], expected, atol=1e-12)
    # head 1: 0.9, 0.5, 1/3 (first of equals), then head 2, then head 3
    assert found.by_head().tolist() == [4, 0, 2, 3, 1]
    assert found.hand_ids.tolist() == [10, 11, 12, 13, 14]
    assert found.image_ids.tolist() == [0, 1, 2, 3, 4]


def test_equal_heads_give_the_first():
    assert head_weights(hands([0.5, 0.5], [0.5, 0.5])).strongest == 0


def test_a_network_without_a_pointer_has_none():
    assert head_weights([{"id": 1, "image_id": 1}]) is None


@pytest.mark.parametrize(
    ("predictions", "words"),
    [
        ([*hands([0.5, 0.5]), {"id": 3, "image_id": 4}], r"for 1 of 2 hands"),
        (hands([0.5, 0.5], [0.2, 0.2, 0.6]), r"\[2, 3\]"),
        (hands([1.0]), r"two at least, got \[1\]"),
        (hands([0.5, None]), "numbers"),
    ],
)
def test_weights_that_make_no_picture_are_named(predictions, words):
    with pytest.raises(DataError, match=words):
        head_weights(predictions)
