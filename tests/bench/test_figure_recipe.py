"""Figure scripts name a row that exists, or say what is wrong with them."""

import pytest

from mmsia.bench.figure_recipe import load_figures
from mmsia.bench.recipe import load_catalogue
from mmsia.errors import ConfigError


def test_every_figure_shows_a_published_row():
    catalogue = load_catalogue()
    figures = load_figures()
    assert figures
    for figure in figures:
        rows = catalogue[figure.table].recipe.rows
        assert figure.row in rows
        assert figure.beside is None or figure.beside in rows
        assert figure.figure.partition("/")[0] == figure.table.partition("/")[0]


def test_every_figure_has_an_id_of_its_own():
    ids = [figure.figure for figure in load_figures()]
    assert len(set(ids)) == len(ids)
    assert {"gog/fig2", "siagcn/fig3", "siagcn/fig4"} <= set(ids)


@pytest.mark.parametrize(
    ("script", "message"),
    [("x = 1\n", "FIGURE"), ("import nowhere_to_be_found\n", "does not import")],
)
def test_bad_script(tmp_path, script, message):
    (tmp_path / "gog").mkdir()
    (tmp_path / "gog" / "fig1.py").write_text(script)
    with pytest.raises(ConfigError, match=message):
        load_figures(tmp_path)
