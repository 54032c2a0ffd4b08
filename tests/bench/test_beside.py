"""What stands beside a table's rows is planned, kept and compared with no print."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmsia.bench.beside import beside_cells
from mmsia.bench.measurement import Measurement
from mmsia.bench.merge import merge
from mmsia.bench.outcome import Outcome
from mmsia.bench.plan import make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.session import (
    load_session,
    save_session,
    session_path,
    table_states,
)
from mmsia.bench.store import Store
from mmsia.bench.terms import Reason, Status, Verdict
from mmsia.errors import ConfigError

TABLE = "siagcn/complexity"
NAMES = [f"{heads}-head-{of}" for of in ("cpm-7x7", "shg") for heads in (5, 10)]
NAMES += ["5-head-r-siapose", "10-head-r-siapose"]


@pytest.fixture(scope="module")
def entry(catalogue):
    return catalogue[TABLE]


@pytest.fixture
def made(entry, data, options, tmp_path):
    """A work folder with a table whose counts are made up."""
    store = Store(tmp_path / "runs")
    plan = make_plan([entry], options, data)

    def count(spec, request):
        size = float(len(spec.config))
        scores = {"size_vs_agmn": size, "size_increase_vs_1-head": 1.0}
        return Measurement(scores, {}, {"num_images": 1})

    outcomes = run_plan(plan, data, store, command="mmsia x", execute=count)
    (state,) = table_states(plan, outcomes, options, data, "mmsia x")
    return tmp_path, state, {run.key: store.load(run.key) for run in plan.runs}


def test_it_is_run_after_the_printed_rows(entry, data, options) -> None:
    plan = make_plan([entry], options, data)
    assert [row.row for row in plan.rows if row.beside] == NAMES
    assert [row.row for row in plan.rows if not row.beside] == list(entry.recipe.rows)
    assert len(plan.runs) == 8
    configs = [run.config for run in plan.runs]
    assert configs[:2] == [row.config for row in entry.recipe.rows.values()]
    assert plan.rows_of(plan.runs[-1].key) == [f"{TABLE} 10-head-r-siapose"]


def test_it_can_be_left_out(entry, data, options) -> None:
    plan = make_plan([entry], replace(options, printed_only=True), data)
    assert [row.row for row in plan.rows] == list(entry.recipe.rows)
    assert len(plan.runs) == 2


def test_its_numbers_stand_beside_no_print(entry, made) -> None:
    _, state, runs = made
    assert list(state.rows) == list(entry.recipe.rows)
    assert list(state.beside) == NAMES
    cells = beside_cells(entry, state, runs)
    assert {cell.row for cell in cells} == set(NAMES)
    assert {cell.column for cell in cells} == set(entry.recipe.structure)
    for cell in cells:
        assert cell.published is None and cell.difference is None
        assert cell.verdict is Verdict.NOT_COMPARABLE
    sizes = {cell.row: cell.value for cell in cells if cell.column == "size_vs_agmn"}
    for name, recipe in entry.recipe.beside.items():
        assert sizes[name] == len(recipe.config)


def test_scores_of_its_own(catalogue, data, options, tmp_path) -> None:
    """What no column is called stands under the name that the recipe gives it."""
    entry = catalogue["gog/upper-bounds"]
    own = next(iter(entry.recipe.rows.values()))
    scores = {"a tenth": "ap@0.1", "not": "ap@9"}
    beside = {"moved": replace(own, about="boxes that are moved", scores=scores)}
    entry = replace(entry, recipe=replace(entry.recipe, beside=beside))
    (state,) = _states(entry, data, options, tmp_path)
    cells = beside_cells(entry, *state)
    assert {c.column: c.value for c in cells} == {"a tenth": 12.5, "not": None}
    assert {c.verdict for c in cells} == {Verdict.NOT_COMPARABLE, Verdict.SKIPPED}


def _states(entry, data, options, folder):
    """A table's state and its runs, whose only score is one of a variant."""
    store = Store(folder / "runs")
    plan = make_plan([entry], options, data)

    def measure(spec, request):
        return Measurement({"ap@0.1": 12.5}, {"ap@0.1": [12.5] * 4}, {"num_images": 1})

    outcomes = run_plan(plan, data, store, command="mmsia x", execute=measure)
    states = table_states(plan, outcomes, options, data, "mmsia x")
    runs = {run.key: store.load(run.key) for run in plan.runs}
    return [(state, runs) for state in states]


def test_what_failed_or_was_not_run_says_so(entry, made) -> None:
    _, state, runs = made
    failed = replace(state.beside["5-head-shg"], structure=None, status=Status.FAILED)
    failed = replace(failed, why="broken")
    beside = {**state.beside, "5-head-shg": failed}
    cells = beside_cells(entry, replace(state, beside=beside), runs)
    found = [cell for cell in cells if cell.row == "5-head-shg"]
    assert {(c.verdict, c.reason, c.value) for c in found} == {
        (Verdict.FAILED, "broken", None)
    }


def test_without_weights_the_reason_is_kept(catalogue, data, options) -> None:
    plan = make_plan([catalogue["gog/table1"]], options, data)
    (state,) = table_states(plan, {}, options, data, "mmsia x")
    assert state.beside["bottom-up-hrnet-w32"].reason is Reason.OTHER_EVIDENCE
    (cell,) = beside_cells(catalogue["gog/table1"], state, {})
    assert cell.verdict is Verdict.SKIPPED
    assert cell.reason.startswith("other-evidence: gives no training evidence")


def test_weights_can_be_given_for_it(catalogue, data, options, tmp_path) -> None:
    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"some")
    entries = [catalogue["gog/table1"]]
    given = {"gog/table1/bottom-up-hrnet-w32": weights}
    assert make_plan(entries, replace(options, checkpoints=given), data).weights
    wrong = {"gog/table1/bottom-up": weights}
    with pytest.raises(ConfigError, match="Closest: gog/table1/bottom-up-hrnet-w32"):
        make_plan(entries, replace(options, checkpoints=wrong), data)


def test_a_work_folder_keeps_it_and_merges_it(made) -> None:
    folder, state, _ = made
    save_session(folder, [state])
    assert load_session(folder) == [state]
    skipped = {
        name: replace(row, status=Status.SKIPPED, structure=None)
        for name, row in state.beside.items()
    }
    save_session(folder / "other", [replace(state, beside=skipped)])
    merge([folder / "other", folder], folder / "into")
    (joined,) = load_session(folder / "into")
    assert joined.beside == state.beside


def test_reasons_of_an_earlier_mmsia_are_read(made) -> None:
    folder, state, _ = made
    save_session(folder, [state])
    text = session_path(folder).read_text()
    old = text.replace('"reason": null', '"reason": "not-built"')
    session_path(folder).write_text(old)
    assert old != text and load_session(folder) == [state]


def test_of_a_failed_run_nothing_is_taken_for_done(entry, data, options) -> None:
    plan = make_plan([entry], options, data)
    outcomes = {
        run.key: Outcome(run.key, Status.FAILED, error="broken") for run in plan.runs
    }
    (state,) = table_states(plan, outcomes, options, data, "mmsia x")
    assert {row.status for row in state.beside.values()} == {Status.FAILED}
