"""A run's key: the same for good, and other for all that moves a number."""

from __future__ import annotations

from dataclasses import replace

from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Evidence, Scale

SPEC = RunSpec(
    measure="upper-bound",
    evidence=Evidence.ORACLE,
    settings={"codec": {"type": "OffsetGuidedHeatmap", "sigma": 7.0}, "long_edge": 640},
    scale=Scale.SMOKE,
    seed=0,
    num_draws=100,
    data_digest="a" * 64,
    sources_digest="b" * 64,
    config="configs/gog/upper-bounds_default.py",
)


def test_the_key_of_a_run_never_changes() -> None:
    """Stores of schema 1 are named by it: tests/bench/golden holds one."""
    assert SPEC.key == "f8766b3dae9f214ad167"


def test_what_is_not_set_has_no_part_in_it() -> None:
    assert replace(SPEC, threads=1).key != SPEC.key != replace(SPEC, start="x").key
    assert replace(SPEC, processes=2).key not in (
        *(SPEC.key, replace(SPEC, threads=2).key, replace(SPEC, processes=4).key),
    )
    assert replace(SPEC, config="another").key == SPEC.key
