"""Report files: the same cells everywhere, safe markup, nothing misleading."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mmsia.bench.plan import Options, make_plan
from mmsia.bench.session import TableState, table_states
from mmsia.bench.store import Store
from mmsia.bench.terms import Scale
from mmsia.report.numbers import format_interval, format_signed, format_value
from mmsia.report.render import escape_latex, escape_markdown
from mmsia.report.write import Report, write_report


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture
def smoke(catalogue, make_states, store, tmp_path) -> Report:
    return write_report(tmp_path, catalogue, make_states(store), store)


def _real(states: list[TableState], **about) -> list[TableState]:
    """The same states, as if the annotations had been given."""
    summary = {"simulated": False, **about}
    return [replace(s, data={**s.data, **summary}) for s in states]


def test_all_files_hold_the_same_cells(smoke: Report) -> None:
    folder = smoke.path.parent
    results = json.loads((folder / "results.json").read_text())
    assert set(results) == {"schema", "provenance", "cells", "beside", "claims"}
    assert len(results["cells"]) == 3 + 6 + 7 * 3 == len(smoke.cells)
    wanted = [
        *("table", "row", "column", "published", "value", "seeds", "ci_low"),
        *("ci_high", "unit", "evidence", "scale", "verdict", "reason", "run"),
        "runs",
    ]
    assert all(list(cell) == wanted for cell in results["cells"])
    with (folder / "cells.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == [c["row"] for c in results["cells"]]
    runs = results["provenance"]["runs"]
    assert {cell["run"] for cell in results["cells"] if cell["run"]} == set(runs)


def test_a_print_that_is_not_the_paper_s_is_named(catalogue, data, tmp_path) -> None:
    options = Options(Scale.PAPER, num_draws=10)
    plan = make_plan([catalogue["dir/interhand"]], options, data)
    states = table_states(plan, {}, options, data, "mmsia x")
    report = write_report(tmp_path, catalogue, states, Store(tmp_path / "runs"))
    page, text = _texts(report)
    assert 'class="n">README of the authors</th>' in page
    assert "| README of the authors |" in text
    tex = (tmp_path / "report" / "report.tex").read_text()
    assert "& README of the authors & Ours" in tex
    heads = ((page, ">Printed<"), (text, "| Printed |"), (tex, "& Printed"))
    assert not any(head in document for document, head in heads)


def test_simulated_data_is_said_loudly(smoke: Report) -> None:
    page, text = _texts(smoke)
    for document in (page, text):
        assert "Simulated data." in document
        assert "not comparable" in document
        assert "SIMULATED crowds:" in document
    ran = [cell for cell in smoke.cells if cell.value is not None]
    assert {cell.verdict.value for cell in ran} == {"not-comparable"}


def _texts(report: Report) -> tuple[str, str]:
    folder = report.path.parent
    return (folder / "index.html").read_text(), (folder / "report.md").read_text()


def test_no_printed_number_stands_beside_a_smoke_value(smoke: Report) -> None:
    for document in _texts(smoke):
        bounds = document.split("gog/upper-bounds")[-1]
        assert "81.25" in bounds
        for printed in ("86.6", "91.0", "95.5"):
            assert printed not in bounds


def test_a_part_of_the_data_shows_the_print_and_the_reason(
    catalogue, make_states, store, tmp_path
) -> None:
    states = _real(make_states(store, Scale.PAPER))
    report = write_report(tmp_path, catalogue, states, store)
    for document in _texts(report):
        assert "Simulated data." not in document
        assert "86.6" in document
        assert "\N{MINUS SIGN}5.35" in document
        assert "78.0 to 84.0" in document
        assert "partial" in document


def test_other_code_is_shown_only_for_the_very_same_file(
    catalogue, make_states, store, tmp_path
) -> None:
    states = make_states(store, Scale.PAPER)
    report = write_report(tmp_path, catalogue, _real(states), store)
    assert "84.59" not in "".join(_texts(report))
    digest = "e57e0199b988d6635896e2f62348394aaad823fc74048ee2dcb01e7d7c033d12"
    same = _real(states, digest=digest)
    report = write_report(tmp_path, catalogue, same, store)
    for document in _texts(report):
        assert "84.59" in document
        assert "724" in document


def test_what_was_not_run_is_listed_with_its_reason(smoke: Report) -> None:
    for document in _texts(smoke):
        listing = document.split("What could not be run")[1]
        assert "mmsia export" in listing
        assert "gog/table3" in listing


def test_the_laboratory_is_drawn_and_given_as_csv(smoke: Report) -> None:
    folder = smoke.path.parent
    rows = list(csv.reader((folder / "gog-table2-laboratory.csv").open()))
    assert rows[0] == ["row", "kind", "level", "ap", "ar"]
    assert len(rows) == 1 + 6 * 4
    assert ["DARK [7]", "blur", "0.5", "75.0000", "82.0000"] in rows
    page, text = _texts(smoke)
    assert page.count("data:image/svg+xml;base64,") == 2
    for document in (page, text):
        assert "real responses are not Gaussian" in document.replace("\n", " ")


def test_the_page_stands_alone(smoke: Report) -> None:
    page, _ = _texts(smoke)
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "{{" not in page


def test_markup_in_labels_is_text(catalogue, make_states, store, tmp_path) -> None:
    entry = catalogue["gog/upper-bounds"]
    evil = "<script>alert(1)</script> | [x](y)"
    rows = tuple(row.model_copy(update={"label": evil}) for row in entry.table.rows)
    table = entry.table.model_copy(update={"rows": rows, "title": evil})
    changed = {**catalogue, "gog/upper-bounds": replace(entry, table=table)}
    states = make_states(store)
    page, text = _texts(write_report(tmp_path, changed, states, store))
    assert "<script" not in page + text
    assert "&lt;script&gt;" in page
    assert escape_markdown(evil) in text


def test_the_same_runs_give_the_same_files(
    catalogue, make_states, store, tmp_path
) -> None:
    states = make_states(store)
    folder = tmp_path / "report"
    write_report(tmp_path, catalogue, states, store)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_report(tmp_path, catalogue, states, store)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_tables_that_changed_since_are_reported_as_such(
    catalogue, make_states, store, tmp_path, caplog
) -> None:
    states = make_states(store)
    rows = dict(states[0].rows)
    del rows["44-limbs"]
    older = [replace(states[0], rows=rows), replace(states[1], table="gog/table9")]
    report = write_report(tmp_path, catalogue, older, store)
    cells = {cell.row: cell for cell in report.cells}
    assert cells["44-limbs"].verdict.value == "skipped"
    assert "run again" in cells["44-limbs"].reason
    assert "gog/table9 is no table any more" in caplog.text


def test_markdown_escapes_what_would_break_a_table() -> None:
    assert escape_markdown("a|b\n*c*") == r"a\|b \*c\*"
    assert escape_markdown("<b>") == "&lt;b&gt;"


def test_numbers_are_written_one_way() -> None:
    assert format_value(84.5678) == "84.57"
    assert format_value(91.0, printed=True) == "91.0"
    assert format_value(None) == "–"
    assert format_signed(-2.034) == "\N{MINUS SIGN}2.03"
    assert format_signed(0.5) == "+0.50"
    assert format_interval(81.04, 87.66) == "81.0 to 87.7"
    assert format_interval(None, 1.0) == "–"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("50 % & more_#1", r"50 \% \& more\_\#1"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        (
            "a<b>~^$",
            r"a\textless{}b\textgreater{}\textasciitilde{}\textasciicircum{}\$",
        ),
    ],
)
def test_latex_cannot_be_broken_out_of(text, written):
    assert escape_latex(text) == written


def test_latex_has_a_table_for_each_table(catalogue, make_states, tmp_path):
    store = Store(tmp_path / "runs")
    report = write_report(tmp_path, catalogue, make_states(store), store)
    text = report.path.with_name("report.tex").read_text()
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 3
    assert "81.25" in text and "$-$" not in text  # smoke: no differences
