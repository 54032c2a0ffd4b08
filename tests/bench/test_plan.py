"""Rows become distinct runs whose key changes with all that moves a number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmsia.bench.plan import Options, make_plan, why_not
from mmsia.bench.recipe import choose_tables
from mmsia.bench.terms import Evidence, Reason, Scale
from mmsia.errors import ConfigError


def test_upper_bounds_are_three_runs(catalogue, data, options) -> None:
    plan = make_plan([catalogue["gog/upper-bounds"]], options, data)
    assert [row.row for row in plan.rows] == [
        *("default", "44-limbs", "44-limbs-stride-1"),
    ]
    assert len({run.key for run in plan.runs}) == len(plan.runs) == 3


def test_rows_that_share_everything_share_the_run(catalogue, data, options) -> None:
    entry = catalogue["gog/upper-bounds"]
    rows = dict(entry.recipe.rows)
    rows["44-limbs"] = rows["default"]
    shared = replace(entry, recipe=replace(entry.recipe, rows=rows))
    plan = make_plan([shared], options, data)
    assert len(plan.rows) == 3
    assert len(plan.runs) == 2


def test_the_key_changes_with_all_that_moves_a_number(catalogue, data, options) -> None:
    run = make_plan([catalogue["gog/upper-bounds"]], options, data).runs[0]
    codec = {**run.settings["codec"], "sigma": 7.5}
    changed = [
        replace(run, settings={**run.settings, "codec": codec}),
        replace(run, settings={**run.settings, "long_edge": 768}),
        replace(run, scale=Scale.PAPER),
        replace(run, seed=1),
        replace(run, num_draws=11),
        replace(run, data_digest="0" * 64),
        replace(run, sources_digest="0" * 64),
        replace(run, measure="laboratory"),
    ]
    assert len({run.key, *(other.key for other in changed)}) == 1 + len(changed)
    assert replace(run, config="configs/gog/another.py").key == run.key


def test_rows_without_a_run_say_why(catalogue, data, options) -> None:
    plan = make_plan(choose_tables(catalogue, ["gog/table1"]), options, data)
    assert not plan.runs
    reasons = {row.row: (row.reason, row.why) for row in plan.rows}
    assert reasons["personlab"][0] is Reason.EXTERNAL
    reason, why = reasons["ours-2-final"]
    assert reason is Reason.NEEDS_TRAINING
    assert "mmsia train configs/gog/gog_hg104_coco19_640_flip.py" in why


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (Evidence.ORACLE, None),
        (Evidence.TRAINING, Reason.NEEDS_TRAINING),
        (Evidence.INFERENCE, Reason.NEEDS_WEIGHTS),
        (Evidence.STRUCTURE, Reason.OTHER_EVIDENCE),
    ],
)
def test_evidence_decides_whether_a_row_runs(catalogue, evidence, reason) -> None:
    missing = why_not(catalogue["gog/table2"].recipe.rows["ours"], evidence)
    assert (missing and missing[0]) is reason


def test_table2_runs_the_laboratory_when_asked(catalogue, data) -> None:
    options = Options(Scale.SMOKE, Evidence.ORACLE)
    plan = make_plan([catalogue["gog/table2"]], options, data)
    assert len(plan.runs) == 6
    assert {run.measure for run in plan.runs} == {"laboratory"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no config"),
        ("codec = dict(", "does not parse"),
        ("raise RuntimeError('no')", "does not parse: got RuntimeError: no"),
        ("long_edge = 640", "expected a codec and a whole number long_edge"),
    ],
)
def test_a_config_that_cannot_be_used_is_named(
    catalogue, data, options, tmp_path, text, words
) -> None:
    path = tmp_path / "bad.py"
    if text is not None:
        path.write_text(text)
    entry = catalogue["gog/upper-bounds"]
    rows = dict(entry.recipe.rows)
    rows["default"] = replace(rows["default"], config=str(path))
    bad = replace(entry, recipe=replace(entry.recipe, rows=rows))
    with pytest.raises(ConfigError, match=words) as caught:
        make_plan([bad], options, data)
    assert str(path) in str(caught.value)
