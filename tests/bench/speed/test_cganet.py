from __future__ import annotations

import mmsia.all  # noqa: F401, registers the backbone
from mmsia.bench.speed.cganet import PEERS, benchmark_cganet


def test_all_parts_are_timed_in_the_same_rounds():
    timings = benchmark_cganet(num_people=3, size=64, rounds=2, num_scenes=1)
    assert [timing.name for timing in timings] == list(PEERS)
    assert all(timing.times.shape == (2,) for timing in timings)
    assert all((timing.times > 0).all() for timing in timings)
