"""Cells: verdicts follow data, scale and evidence; skipped cells say why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmsia.bench.compare import compare_table
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.run import Outcome, run_plan
from mmsia.bench.session import load_session, save_session, table_states
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale, Status, Verdict
from mmsia.errors import DataError


def _state(catalogue, data, options, execute, tmp_path, table="gog/upper-bounds"):
    plan = make_plan([catalogue[table]], options, data)
    store = Store(tmp_path / "runs")
    outcomes = run_plan(plan, data, store, command="c", execute=execute)
    runs = {run.key: store.load(run.key) for run in plan.runs}
    return table_states(plan, outcomes, options, data, "c")[0], runs


@pytest.mark.parametrize(
    ("scale", "about", "verdict", "words"),
    [
        ("smoke", {"simulated": True}, Verdict.NOT_COMPARABLE, "simulated crowds"),
        ("paper", {}, Verdict.PARTIAL, "annotated images, not the 2346"),
        ("smoke", {"complete": True}, Verdict.NOT_COMPARABLE, "scale smoke"),
        ("paper", {"complete": True}, Verdict.WORSE, "margin 0.5 points"),
    ],
)
def test_verdicts_follow_the_data(
    catalogue, data, options, execute, tmp_path, scale, about, verdict, words
) -> None:
    state, runs = _state(catalogue, data, options, execute, tmp_path)
    summary = {**state.data, "simulated": False, "complete": False, **about}
    state = replace(state, scale=Scale(scale), data=summary)
    cells = compare_table(catalogue["gog/upper-bounds"], state, runs)
    # Ours is 81 with an interval of 78 to 84; 86.6 was printed.
    assert cells[0].verdict is verdict
    assert words in cells[0].reason
    assert (cells[0].value, cells[0].ci_low, cells[0].ci_high) == (81.0, 78.0, 84.0)
    if verdict is Verdict.NOT_COMPARABLE:
        assert cells[0].difference is None
    else:
        assert cells[0].difference == pytest.approx(81 - 86.6)


def test_a_match_needs_the_whole_of_the_data(
    catalogue, data, options, tmp_path
) -> None:
    """A value on the printed number with a narrow interval, on a part and in full."""
    from mmsia.bench.measurement import Measurement

    def exact(spec, request) -> Measurement:
        return Measurement({"ap": 86.6}, {"ap": (86.5, 86.7)}, {"num_images": 1})

    state, runs = _state(catalogue, data, options, exact, tmp_path)
    entry = catalogue["gog/upper-bounds"]
    verdicts = []
    for complete in (False, True):
        summary = {**state.data, "simulated": False, "complete": complete}
        judged = replace(state, scale=Scale.PAPER, data=summary)
        verdicts.append(compare_table(entry, judged, runs)[0].verdict)
    assert verdicts == [Verdict.PARTIAL, Verdict.MATCH]


def test_an_oracle_of_table2_is_no_match_for_trained_networks(
    catalogue, data, execute, tmp_path
) -> None:
    options = Options(Scale.PAPER, Evidence.ORACLE)
    state, runs = _state(catalogue, data, options, execute, tmp_path, "gog/table2")
    made = compare_table(catalogue["gog/table2"], state, runs)[0].reason
    assert "perfect maps" in made
    assert "simulated crowds" in made
    state = replace(state, data={**state.data, "simulated": False, "complete": True})
    cells = compare_table(catalogue["gog/table2"], state, runs)
    assert {cell.verdict for cell in cells} == {Verdict.NOT_COMPARABLE}
    assert "perfect maps" in cells[0].reason


def test_skipped_cells_say_why(catalogue, data, options, execute, tmp_path) -> None:
    state, runs = _state(catalogue, data, options, execute, tmp_path, "gog/table1")
    cells = {
        (cell.row, cell.column): cell
        for cell in compare_table(catalogue["gog/table1"], state, runs)
    }
    assert len(cells) == 21
    assert "mmsia train" in cells["ours-1", "ap"].reason
    assert "--evidence efficiency" in cells["ours-1", "fps"].reason
    assert cells["pifpaf", "ap"].reason.startswith("external")
    assert cells["personlab", "fps"].verdict is Verdict.NO_REFERENCE
    assert not execute.calls


def test_failed_and_lost_runs_are_failed_cells(
    catalogue, data, options, execute, tmp_path
) -> None:
    plan = make_plan([catalogue["gog/upper-bounds"]], options, data)
    keys = [run.key for run in plan.runs]
    outcomes = {key: Outcome(key, Status.DONE) for key in keys}
    outcomes[keys[0]] = Outcome(keys[0], Status.FAILED, "InputError: bad maps")
    state = table_states(plan, outcomes, options, data, "c")[0]
    cells = compare_table(catalogue["gog/upper-bounds"], state, {})
    assert [cell.verdict for cell in cells] == [Verdict.FAILED] * 3
    assert cells[0].reason == "InputError: bad maps"
    assert "run again" in cells[1].reason


def test_sessions_are_kept_by_table(
    catalogue, data, options, execute, tmp_path
) -> None:
    bounds, _ = _state(catalogue, data, options, execute, tmp_path)
    speeds, _ = _state(catalogue, data, options, execute, tmp_path, "gog/table1")
    save_session(tmp_path, [bounds])
    save_session(tmp_path, [speeds])
    assert load_session(tmp_path) == [speeds, bounds]
    newer = replace(bounds, command="newer")
    assert save_session(tmp_path, [newer]) == [speeds, newer]


def test_sessions_that_cannot_be_read(tmp_path, catalogue, data, options, execute):
    with pytest.raises(DataError, match="not a work folder of mmsia"):
        load_session(tmp_path)
    path = tmp_path / "session.json"
    path.write_text('{"schema": 99, "tables": {}}')
    with pytest.raises(DataError, match="expected schema 3 or earlier, got 99"):
        load_session(tmp_path)
    path.write_text('{"schema": 1, "tables": {"gog/table1": {"rows": {}}}}')
    with pytest.raises(DataError, match="damaged: got KeyError"):
        load_session(tmp_path)
    bounds, _ = _state(catalogue, data, options, execute, tmp_path)
    assert save_session(tmp_path, [bounds]) == [bounds]
    assert (tmp_path / "session.json.corrupt").is_file()
