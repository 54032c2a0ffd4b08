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
        assert figure.row in catalogue[figure.table].recipe.rows
        assert figure.figure.partition("/")[0] == figure.table.partition("/")[0]


@pytest.mark.parametrize(
    ("script", "message"),
    [("x = 1\n", "FIGURE"), ("import nowhere_to_be_found\n", "does not import")],
)
def test_bad_script(tmp_path, script, message):
    (tmp_path / "gog").mkdir()
    (tmp_path / "gog" / "fig1.py").write_text(script)
    with pytest.raises(ConfigError, match=message):
        load_figures(tmp_path)
