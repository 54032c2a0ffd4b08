"""Figure scripts: `reproduce/<paper>/figN.py` says which row's predictions it shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mmsia.bench.scripts import load_script
from mmsia.paths import project_root


@dataclass(frozen=True)
class FigureRecipe:
    """A figure of a paper made again from the stored predictions of one row.

    Attributes:
        figure: Id, such as `gog/fig2`.
        title: What it shows.
        table: Table in whose report it stands.
        row: Row whose run it shows.
    """

    figure: str
    title: str
    table: str
    row: str


def load_figures(root: Path | None = None) -> list[FigureRecipe]:
    """Every figure script, by name.

    Args:
        root: Folder `reproduce`; default that of the project.

    Raises:
        ConfigError: If a script does not import or defines no FIGURE.
    """
    root = root or project_root() / "reproduce"
    paths = sorted(root.glob("*/fig*.py"))
    return [load_script(path, "FIGURE", FigureRecipe) for path in paths]
