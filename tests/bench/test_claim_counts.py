"""Claims that counts decide, from a plan to a verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmsia.bench.claim_checklist import Trainings
from mmsia.bench.claim_counts import count_claim
from mmsia.bench.claim_results import claim_results
from mmsia.bench.claims import Claim
from mmsia.bench.compare import load_runs
from mmsia.bench.measurement import Measurement
from mmsia.bench.plan import make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.session import load_session, save_session, table_states
from mmsia.bench.store import Store
from mmsia.bench.structure import measure_structure
from mmsia.errors import DataError

POINTER = "siagcn/pointer-is-the-cost"
AGMN = "siagcn/smaller-than-agmn"
TABLE = "siagcn/complexity"


@pytest.fixture
def make(catalogue, options, data, tmp_path):
    """Make a table's runs; returns its states by id, and the runs."""

    def made(table, execute):
        plan = make_plan([catalogue[table]], options, data)
        store = Store(tmp_path / "runs")
        outcomes = run_plan(plan, data, store, command="c", execute=execute)
        save_session(tmp_path, table_states(plan, outcomes, options, data, "c"))
        states = load_session(tmp_path)
        return states, load_runs(states, store), Trainings(store)

    return made


def counting(five: float, ten: float, agmn: float):
    """Stands for the counter: increases in percent, and ten heads over AGMN's."""

    def execute(spec, request):
        heads = 10 if "10-head" in spec.config else 5
        increase = ten if heads == 10 else five
        scores = {"size_increase_vs_1-head": increase, "size_vs_agmn": agmn}
        return Measurement(scores, {}, {})

    return execute


def test_the_paper_s_networks_decide_the_complexity_claims(catalogue, make) -> None:
    """From parameters: (5 h + P) / (C + h) and so on, C the CPM of 3 x 3 kernels."""
    states, runs, trainings = make(TABLE, lambda spec, r: measure_structure(r))
    found = {r.id: r for r in claim_results(catalogue, states, runs, trainings)}
    one = 29_099_710 + 617_625
    five, ten = 4 * 617_625 + 11_179_077, 9 * 617_625 + 11_181_642
    pointer, agmn = found[POINTER], found[AGMN]
    assert pointer.verdict == agmn.verdict == "holds"
    assert pointer.effect == pytest.approx(100 * (2 * five - ten) / one)
    assert agmn.effect == pytest.approx((one + ten) / 58_529_646)
    assert (pointer.ci_low, pointer.scale) == (None, "paper")
    assert "cpm-3x3_panoptic_5-head.py, " in pointer.reason
    assert "the estimator was chosen for it" in agmn.reason
    assert "the estimator was chosen" not in pointer.reason
    assert found["siagcn/smaller-than-r-mgmn"].verdict == "not-run"
    assert found["siagcn/gain-shg-2.12"].verdict == "not-run"


@pytest.mark.parametrize(
    ("counts", "pointer", "agmn"),
    [
        ((30.0, 40.0, 80.0), "holds", "holds"),
        ((10.0, 30.0, 95.0), "fails", "fails"),
        ((20.0, 40.0, 88.0), "fails", "fails"),
        ((20.1, 40.0, 72.1), "holds", "holds"),
    ],
)
def test_verdicts_by_hand(catalogue, make, counts, pointer, agmn) -> None:
    """Bounds themselves are outside."""
    found = claim_results(catalogue, *make(TABLE, counting(*counts)))
    verdicts = {result.id: result.verdict for result in found}
    assert (verdicts[POINTER], verdicts[AGMN]) == (pointer, agmn)


def claim(**test) -> Claim:
    return Claim(
        id="siagcn/x",
        section="",
        statement="",
        reason="why not",
        budget="",
        places=("structure",),
        test=test,
    )


def judge(catalogue, made, asked: Claim):
    states, runs, _ = made
    by_table = {state.table: state for state in states}
    return count_claim(asked, "siagcn", catalogue, by_table, runs)


def test_differences_are_taken_of_counts_too(catalogue, make) -> None:
    made = make(TABLE, counting(30.0, 41.0, 80.0))
    rows = dict(table=TABLE, first="10-head-siapose", second="5-head-siapose")
    column = {"columns": ["size_increase_vs_1-head"]}
    for value, holds in ((10.0, True), (14.5, False), (7.5, False)):
        test = claim(kind="difference_about", value=value, **rows, **column)
        found = judge(catalogue, made, test)
        # The margin of such ratios is three points.
        assert (found.effect, found.holds) == (11.0, holds)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("table1#shg-baseline.mpck - 1", "^why not$"),
        ("complexity#5-head-siapose.size_vs_r-mgmn - 1", "^why not$"),
        ("complexity#6-head-siapose.size_vs_agmn - 1", "nothing counted 6-head"),
    ],
)
def test_what_is_not_counted_gives_the_claim_s_reason(
    catalogue, make, expression, words
) -> None:
    made = make(TABLE, counting(30.0, 40.0, 80.0))
    with pytest.raises(DataError, match=words):
        judge(catalogue, made, claim(kind="within", expression=expression, low=0))
    with pytest.raises(DataError, match=r"^why not$"):
        judge(catalogue, made, claim(kind="measured", measure="m", direction="up"))


def test_a_table_that_was_not_asked_for_is_named(catalogue, make) -> None:
    made = make("siagcn/table1", counting(30.0, 40.0, 80.0))
    found = {result.id: result for result in claim_results(catalogue, *made)}
    assert found[POINTER].verdict == "not-run"
    words = f"not asked for: `mmsia reproduce {TABLE}` counts it"
    assert found[POINTER].reason.startswith(words)


def test_a_count_that_failed_decides_nothing(catalogue, make) -> None:
    states, runs, trainings = make(TABLE, counting(30.0, 40.0, 80.0))
    (state,) = states
    rows = {name: replace(row, structure=None) for name, row in state.rows.items()}
    gone = [replace(state, rows=rows)]
    found = {r.id: r for r in claim_results(catalogue, gone, runs, trainings)}
    assert "nothing counted 5-head-siapose" in found[POINTER].reason
