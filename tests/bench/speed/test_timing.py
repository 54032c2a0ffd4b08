"""The timing harness, on peers whose order and number can be checked."""

import numpy as np
import pytest

from mmsia.bench.speed.timing import Timing, paired_ratio, time_in_turns
from mmsia.errors import InputError


def test_rounds_interleave_peers_and_scenes():
    calls = []
    peers = {
        name: [lambda n=name, s=scene: calls.append((n, s)) for scene in range(3)]
        for name in "ab"
    }
    timings = time_in_turns(peers, rounds=4, warm_up=1)
    warm, timed = calls[:6], calls[6:]
    assert warm == [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1), ("b", 2)]
    assert timed == [
        ("a", 0), ("b", 0), ("b", 1), ("a", 1), ("a", 2), ("b", 2), ("b", 0), ("a", 0),
    ]  # fmt: skip
    assert [t.name for t in timings] == ["a", "b"]
    assert all(t.times.shape == (4,) and (t.times > 0).all() for t in timings)


def test_device_is_waited_for_in_every_round():
    waits = []
    time_in_turns({"a": [lambda: None]}, rounds=3, synchronize=lambda: waits.append(1))
    assert len(waits) == 1 + 3


def test_median_quartiles_and_ratio_by_hand():
    ours = Timing("ours", np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    peer = Timing("peer", ours.times * 3)
    assert ours.median == 3000 and ours.quartiles == (2000, 4000)
    ratio, (low, high) = paired_ratio(ours, peer)
    assert ratio == low == high == 3


@pytest.mark.parametrize(
    ("peers", "rounds"),
    [({"a": [print]}, 0), ({"a": []}, 1), ({"a": [print], "b": []}, 1), ({}, 1)],
)
def test_nothing_to_time(peers, rounds):
    with pytest.raises(InputError, match="nothing to time"):
        time_in_turns(peers, rounds=rounds)
