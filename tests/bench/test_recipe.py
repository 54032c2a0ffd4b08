"""Table scripts: each published row has one, and wrong ids get the closest offered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mmsia.bench.recipe import choose_tables, load_catalogue, load_recipe
from mmsia.bench.settings import oracle_settings
from mmsia.bench.terms import Evidence, Reason
from mmsia.errors import ConfigError
from mmsia.paths import project_root


def test_every_row_has_a_config_or_a_reason(catalogue) -> None:
    for entry in catalogue.values():
        for row in entry.table.rows:
            recipe = entry.recipe.rows[row.id]
            assert recipe.config or recipe.reason, (entry.table.id, row.id)
            if recipe.reason is not None:
                assert recipe.why
        for recipe in entry.recipe.every_row.values():
            for config in (recipe.config, *recipe.references.values()):
                named = isinstance(config, str)
                assert not named or (project_root() / config).is_file(), config
        for name, recipe in entry.recipe.beside.items():
            assert recipe.config and recipe.about, name


def test_every_config_for_an_oracle_names_a_codec_and_a_test_size(catalogue) -> None:
    for entry in catalogue.values():
        for recipe in entry.recipe.rows.values():
            if Evidence.ORACLE in recipe.evidence:
                settings = oracle_settings(recipe.config)
                size = settings["long_edge"]
                assert settings["codec"]["type"] == "OffsetGuidedHeatmap"
                assert settings["codec"]["input_size"] == [size, size]


def test_upper_bounds_differ_in_what_the_paper_says(catalogue) -> None:
    recipe = catalogue["gog/upper-bounds"].recipe
    published = catalogue["gog/upper-bounds"].table
    for row in published.rows:
        codec = oracle_settings(recipe.rows[row.id].config)["codec"]
        assert codec["limbs"] == f"coco{row.params['limbs']}"
        assert codec["heatmap_stride"] == row.params["output_stride"]


def test_own_rows_of_table3_need_the_server(catalogue) -> None:
    rows = catalogue["gog/table3"].recipe.every_row
    for name in ("ours-final-768", "ours-final-768-fixed-height"):
        assert rows[name].reason is Reason.NEEDS_SERVER


def test_ids_papers_and_nothing_choose_tables(catalogue) -> None:
    assert len(choose_tables(catalogue, [])) == len(catalogue)
    assert len(choose_tables(catalogue, ["gog"])) == 4
    twice = choose_tables(catalogue, ["gog/table2", "gog/table2"])
    assert [entry.table.id for entry in twice] == ["gog/table2"]


@pytest.mark.parametrize(
    "wrong", ["gog/upper-bound", "gog/upper_bounds", "upperbounds"]
)
def test_an_unknown_id_offers_the_closest(catalogue, wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"Closest: gog/upper-bounds"):
        choose_tables(catalogue, [wrong])


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    root = tmp_path / "reproduce"
    shutil.copytree(project_root() / "reproduce", root)
    return root


def test_a_table_without_script_is_named(scripts: Path) -> None:
    (scripts / "gog" / "table2.py").unlink()
    with pytest.raises(ConfigError, match="published table gog/table2 has no script"):
        load_catalogue(scripts)


def test_a_script_without_table_is_named(scripts: Path) -> None:
    path = scripts / "gog" / "table9.py"
    path.write_text((scripts / "gog" / "table2.py").read_text())
    path.write_text(path.read_text().replace("gog/table2", "gog/table9"))
    with pytest.raises(ConfigError, match="got gog/table9"):
        load_catalogue(scripts)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"qnt-ro"', '"qnt-or"', r"none for \['qnt-ro'\], unknown \['qnt-or'\]"),
        ('"ap": "ap"', '"pa": "ap"', "columns of the table script of gog/table2"),
        (
            'columns={"ap"',
            'beside={"ours": Row(about="x")}, columns={"ap"',
            "what stands beside the rows of gog/table2.*got the id of a printed row",
        ),
        (
            'columns={"ap"',
            'beside={"other": Row()}, columns={"ap"',
            "got other",
        ),
        ("TABLE = ", "TABEL = ", r"table2\.py: expected TABLE"),
        ("rows={", "row={", "does not import: got TypeError"),
        ("import Row,", "import Rows,", "does not import: got ImportError"),
    ],
)
def test_slips_in_a_script_are_named(
    scripts: Path, old: str, new: str, words: str
) -> None:
    path = scripts / "gog" / "table2.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new).replace("reproduce_table(TABEL", "print("))
    with pytest.raises(ConfigError, match=words):
        load_catalogue(scripts)


def test_what_is_no_script_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table1.py"
    path.write_text("TABLE = 3\n")
    with pytest.raises(ConfigError, match="expected TABLE"):
        load_recipe(path)


def test_every_published_table_and_row_has_its_place(catalogue) -> None:
    assert len(catalogue) == 24
    assert sum(len(entry.recipe.rows) for entry in catalogue.values()) == 143


def test_rows_computed_from_others_are_no_runs(catalogue) -> None:
    for entry in catalogue.values():
        for row in entry.table.rows:
            derived = entry.recipe.rows[row.id].reason is Reason.DERIVED
            assert derived is (row.kind == "derived"), (entry.table.id, row.id)
