"""The server's scores: kept once, judged by the rules, never mixed with others."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mmsia.bench.beside import WHY, beside_cells
from mmsia.bench.compare import compare_table
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.server_scores import (
    ServerScore,
    check_submission,
    load_scores,
    row_of,
    save_score,
    with_server_scores,
)
from mmsia.bench.session import table_states
from mmsia.bench.terms import Evidence, Scale, Verdict
from mmsia.errors import ConfigError, DataError
from mmsia.files import sha256_file

ROW = "gog/table3/ours-final-768"
ANSWER = ServerScore({"ap": 65.4, "ap50": 85.9, "ap_m": 60.0}, "scores.txt", "ab" * 32)


@pytest.fixture
def cells(catalogue, data):
    """Cells of gog/table3 and of what stands beside its rows, before any answer."""
    entry = catalogue["gog/table3"]
    options = Options(Scale.SMOKE, num_draws=10)
    (state,) = table_states(make_plan([entry], options, data), {}, options, data, "x")
    return entry, compare_table(entry, state, {}), beside_cells(entry, state, {})


def of(cells, name):
    return {cell.column: cell for cell in cells if f"{cell.table}/{cell.row}" == name}


def test_a_score_stands_in_its_row_with_a_verdict(cells):
    entry, before, _ = cells
    found = with_server_scores(entry, before, {ROW: ANSWER})
    ours = of(found, ROW)
    # printed 65.6: within half a point
    assert (ours["ap"].value, ours["ap"].verdict) == (65.4, Verdict.MATCH)
    assert ours["ap"].reason == (
        "scored by the server, file digest abababababab; "
        "one number without an interval, margin 0.5 points"
    )
    assert ours["ap"].scale is Scale.PAPER and ours["ap"].ci_low is None
    assert ours["ap"].evidence is Evidence.INFERENCE and ours["ap"].beside_print
    # printed 63.3
    assert ours["apm"].verdict is Verdict.WORSE
    # not in the answer
    assert ours["apl"].value is None and ours["apl"].verdict is Verdict.SKIPPED
    others = [cell for cell in found if cell.row != "ours-final-768"]
    assert others == [cell for cell in before if cell.row != "ours-final-768"]


def test_beside_the_rows_it_is_compared_with_nothing(cells):
    entry, _, before = cells
    name = "gog/table3/ours-final-768-fixed-height"
    found = with_server_scores(entry, before, {name: ANSWER}, beside=WHY)
    cell = of(found, name)["ap"]
    assert cell.value == 65.4 and cell.published is None
    assert cell.verdict is Verdict.NOT_COMPARABLE and WHY in cell.reason


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gog/table3/ours", "'gog/table3/ours' is no row"),
        ("gog/table3/pifpaf", "is scored here: expected a row that only the server"),
        ("gog/table1/ours-2-final", "is scored here"),
        ("gog/table3", "is no row"),
        ("", "is no row"),
    ],
)
def test_rows_that_no_server_scores_are_refused(name, said, catalogue):
    with pytest.raises(ConfigError, match=said):
        row_of(catalogue, name)


def test_every_row_for_the_server_is_known(catalogue):
    entry, row = row_of(catalogue, ROW)
    assert (entry.table.id, row) == ("gog/table3", "ours-final-768")
    assert row_of(catalogue, "cganet/table5/ours-single")[1] == "ours-single"


def test_an_answer_is_kept_and_not_overwritten(tmp_path):
    assert load_scores(tmp_path) == {}
    save_score(tmp_path, ROW, ANSWER)
    save_score(tmp_path, ROW, ANSWER)
    other = replace(ANSWER, digest="cd" * 32, scores={"ap": 60.0})
    with pytest.raises(DataError, match=r"another answer.*abab.*cdcd.*--replace"):
        save_score(tmp_path, ROW, other)
    save_score(tmp_path, "gog/table3/centernet", other)
    assert load_scores(tmp_path) == {ROW: ANSWER, "gog/table3/centernet": other}
    save_score(tmp_path, ROW, other, replaced=True)
    assert load_scores(tmp_path)[ROW] == other


@pytest.mark.parametrize("text", ["{}", '{"schema": 9, "scores": {}}', "[]"])
def test_a_damaged_file_is_named(text, tmp_path):
    (tmp_path / "server_scores.json").write_text(text)
    with pytest.raises(DataError, match=r"server_scores\.json is damaged"):
        load_scores(tmp_path)


def test_submissions_are_of_the_row_and_unchanged(tmp_path):
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"zip")
    record = tmp_path / "a.record.json"
    said = {"row": ROW, "archive": {"file": "a.zip", "sha256": sha256_file(archive)}}
    record.write_text(json.dumps(said))
    assert check_submission(record, ROW) == said
    with pytest.raises(DataError, match=rf"row gog/table3/centernet.*of {ROW}"):
        check_submission(record, "gog/table3/centernet")
    archive.write_bytes(b"another")
    with pytest.raises(DataError, match="was changed since it was exported"):
        check_submission(record, ROW)
    record.write_text(json.dumps({**said, "row": None}))
    with pytest.raises(DataError, match="one of no row"):
        check_submission(record, ROW)
