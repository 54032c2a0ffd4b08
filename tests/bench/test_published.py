"""Printed numbers: read as they stand, and every slip named with its place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmsia.bench.published import load_all_published, load_published
from mmsia.errors import DataError
from mmsia.paths import project_root

GOG = project_root() / "reproduce" / "published" / "gog.yaml"


def test_gog_has_four_tables_and_23_rows() -> None:
    paper = load_published(GOG)
    assert [t.id for t in paper.tables] == [
        *("gog/table1", "gog/table2", "gog/table3", "gog/upper-bounds"),
    ]
    assert sum(len(table.rows) for table in paper.tables) == 23
    assert paper.tables[0].row("centernet-flip").values["fps_fp16"] is None


def test_all_files_of_the_project_are_read() -> None:
    papers = load_all_published()
    tables = [table for paper in papers for table in paper.tables]
    assert [p.paper.key for p in papers] == ["cganet", "dir", "gog", "klpnet", "siagcn"]
    assert len(tables) == 24
    assert sum(len(table.rows) for table in tables) == 143


def _set(path: str, value: Any) -> Callable[[dict], None]:
    def change(raw: dict) -> None:
        here: Any = raw
        *steps, last = path.split(".")
        for step in steps:
            here = here[int(step) if step.isdigit() else step]
        here[last] = value

    return change


def _drop_value(raw: dict) -> None:
    del raw["tables"][0]["rows"][4]["values"]["fps"]


def _repeat_row(raw: dict) -> None:
    raw["tables"][1]["rows"].append(raw["tables"][1]["rows"][0])


def _repeat_table(raw: dict) -> None:
    raw["tables"].append(raw["tables"][1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            _set("tables.0.rows.4.values.ap", "64.4"),
            r"gog\.yaml, table gog/table1, row ours-1, column ap: .*valid number",
        ),
        (
            _set("tables.0.rows.4.values.ap", float("nan")),
            "row ours-1, column ap: .*finite",
        ),
        (_set("tables.0.rows.4.values.ap", True), "row ours-1, column ap: .*number"),
        (_drop_value, "table gog/table1, row ours-1: no value for 'fps'"),
        (_set("tables.0.rows.4.values.fsp", 1.0), "row ours-1: no column 'fsp'"),
        (
            _set("tables.0.rows.4.lable", "x"),
            "row ours-1, key 'lable': .*not permitted",
        ),
        (_set("tables.0.columns.0.units", "x"), "column ap, key 'units'"),
        (_set("tables.0.rows.4.kind", "mine"), "row ours-1, key 'kind'"),
        (_set("table", []), "key 'table': .*not permitted"),
        (_set("tables.0.id", "cga/table1"), "cga/table1: the id does not start"),
        (
            _set("tables.0.columns.0.derived", {"op": "sum", "of": ["fps"]}),
            "table gog/table1, column ap, key 'derived'.*mean",
        ),
        (
            _set("tables.0.columns.0.derived", {"op": "mean", "of": ["fsp"]}),
            "column ap: derived from no column 'fsp'",
        ),
        (
            _set(
                "tables.0.columns.0.derived",
                {"op": "difference_to_row", "column": "ap", "row": "mine"},
            ),
            "column ap: derived from no row 'mine'",
        ),
        (
            _set(
                "tables.0.rows.4.derived_from",
                {"op": "difference", "minuend": "ours-1", "subtrahend": "pifpaff"},
            ),
            "row ours-1: kind and derived_from contradict",
        ),
        (_set("tables.0.rows.4.builds_on", "x"), "row ours-1: refers to no row 'x'"),
        (_set("tables.0.rows.4.bold", ["x"]), "row ours-1: a mark on no column 'x'"),
        (_repeat_row, "table gog/table2, row 'dark' stands there twice"),
        (_repeat_table, "table 'gog/table2' stands there twice"),
    ],
)
def test_slips_are_named(
    tmp_path: Path, change: Callable[[dict], None], words: str
) -> None:
    raw = copy.deepcopy(yaml.safe_load(GOG.read_text()))
    change(raw)
    path = tmp_path / "gog.yaml"
    path.write_text(yaml.safe_dump(raw, sort_keys=False))
    with pytest.raises(DataError, match=words):
        load_published(path)


def test_a_value_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gog.yaml"
    path.write_text(GOG.read_text().replace("ap: 64.0,", "ap: 64.0, ap: 65.0,"))
    with pytest.raises(DataError, match="the key 'ap' stands twice"):
        load_published(path)


@pytest.mark.parametrize("text", ["tables: [", "- a list", "\udcff"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gog.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=r"published numbers in .*gog\.yaml"):
        load_published(path)
