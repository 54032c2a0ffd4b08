"""Past durations: of the same config first, else of the same kind; or unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mmsia.bench.durations import Durations, format_seconds
from mmsia.bench.spec import RunSpec
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale

SPEC = RunSpec("training", Evidence.TRAINING, {}, Scale.SMOKE, 0, 1, "", "", "a.py")


def test_the_same_config_counts_before_its_kind(tmp_path: Path) -> None:
    durations = Durations(Store(tmp_path))
    assert durations.expected(SPEC) is None
    durations.add(replace(SPEC, config="b.py"), 100.0)
    assert durations.expected(SPEC) == 100.0
    durations.add(SPEC, 10.0)
    assert durations.expected(SPEC) == 10.0
    assert durations.expected(replace(SPEC, scale=Scale.MINI)) is None
    assert durations.expected(replace(SPEC, measure="inference")) is None


def test_they_are_read_from_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path)
    source = {"measure": "training", "config": "a.py", "scale": "smoke", "seconds": 7}
    store.save("one", {"scores": {}}, source, [])
    store.save("two", {"scores": {}}, {"config": "a.py"}, [])
    assert Durations(store).expected(SPEC) == 7.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "?"), (0.4, "0 s"), (89, "89 s"), (150, "2 min"), (9000, "2.5 h")],
)
def test_times_for_people(seconds, text) -> None:
    assert format_seconds(seconds) == text
