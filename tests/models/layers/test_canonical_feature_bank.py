"""CanonicalFeatureBank: means by hand, nearest parts, state and bad input."""

from __future__ import annotations

import pytest
import torch
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.errors import ConfigError, InputError


def bank_of(*sizes):
    names = ("num_classes", "num_parts", "feature_dim")
    return MODELS.build(
        dict(type="CanonicalFeatureBank", **dict(zip(names, sizes, strict=True)))
    )


def filled():
    bank = bank_of(2, 3, 2)
    features = torch.tensor([[0.0, 0], [2, 2], [10, 0], [5, 5]])
    bank.update(features, torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 2, 1]))
    return bank


def test_means_by_hand():
    bank = filled()
    assert bank.means[0].tolist() == [[1, 1], [0, 0], [10, 0]]
    assert bank.counts.tolist() == [[2, 0, 1], [0, 1, 0]]
    one = torch.zeros(1, dtype=torch.int32)
    bank.update(torch.tensor([[4.0, 1]]), one, one)
    assert bank.means[0, 0].tolist() == [2, 1]


def test_the_nearest_part():
    bank = filled()
    features = torch.tensor([[0.0, 0], [9, 1], [6, 1]])
    # part 1 of category 0 was never seen, though 0 would be near its place
    assert bank.identify(features, 0).tolist() == [0, 2, 2]
    assert bank.identify(features, 1).tolist() == [1, 1, 1]
    assert bank.distances(features, 0)[0].tolist() == [
        pytest.approx(2**0.5), float("inf"), 10,
    ]  # fmt: skip
    assert bank.identify(features[:0], 0).shape == (0,)


def test_the_keypoint_of_each_part():
    """Part by part, as StarMap's evaluation goes through its peaks."""
    bank = filled()
    features = torch.tensor([[9.0, 1], [0, 0], [6, 1], [9, 1]])
    # (1, 1) and (10, 0); part 1 was never seen, and the first of equals counts
    assert bank.choose(bank.distances(features, 0)).tolist() == [1, -1, 0]
    # one keypoint is what both parts look like most
    assert bank.choose(bank.distances(features[2:3], 0)).tolist() == [0, -1, 0]
    assert bank.choose(bank.distances(features[:0], 0)).tolist() == [-1, -1, -1]
    means, generator = bank.means[0], torch.Generator().manual_seed(0)
    features = 6 * torch.randn(40, 2, generator=generator)
    chosen = bank.choose(bank.distances(features, 0))
    for part in (0, 2):
        away = [float(((one - means[part]) ** 2).sum()) for one in features]
        assert away[int(chosen[part])] == min(away)


def test_a_category_without_parts():
    bank = bank_of(2, 3, 2)
    assert bank.identify(torch.zeros(4, 2), 1).tolist() == [-1] * 4


def test_in_parts_as_at_once_and_through_a_state_dict():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(500, 6, generator=generator)
    labels = torch.randint(3, (500,), generator=generator)
    parts = torch.randint(5, (500,), generator=generator)
    whole, pieces, loaded = (bank_of(3, 5, 6) for _ in range(3))
    whole.update(features, labels, parts)
    for at in range(0, 500, 90):
        one = slice(at, at + 90)
        pieces.update(features[one], labels[one], parts[one])
    torch.testing.assert_close(pieces.means, whole.means)
    chosen = (labels == 1) & (parts == 4)
    torch.testing.assert_close(whole.means[1, 4], features[chosen].mean(0))
    loaded.load_state_dict(whole.state_dict())
    assert torch.equal(loaded.means, whole.means)


def test_bad_input():
    bank = filled()
    nan = torch.full((1, 2), torch.nan)
    with pytest.raises(InputError, match="finite"):
        bank.update(nan, torch.tensor([0]), torch.tensor([0]))
    with pytest.raises(InputError, match="finite"):
        bank.identify(nan, 0)
    with pytest.raises(InputError, match="features"):
        bank.identify(torch.zeros(1, 3), 0)
    for label, part in ((2, 0), (0, 3), (-1, 0)):
        with pytest.raises(InputError, match="unknown"):
            bank.update(torch.zeros(1, 2), torch.tensor([label]), torch.tensor([part]))
    with pytest.raises(ConfigError, match="CanonicalFeatureBank"):
        bank_of(0, 3, 2)
