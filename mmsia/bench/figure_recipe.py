"""Figure scripts: `reproduce/<paper>/figN.py` says which row's predictions it shows."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from mmsia.errors import ConfigError
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
    return [_load(path) for path in sorted(root.glob("*/fig*.py"))]


def _load(path: Path) -> FigureRecipe:
    name = f"mmsia_reproduce_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError, TypeError, ValueError, NameError) as error:
        raise ConfigError(
            f"the figure script {path} does not import",
            got=f"{type(error).__name__}: {error}",
        ) from error
    recipe = getattr(module, "FIGURE", None)
    if not isinstance(recipe, FigureRecipe):
        raise ConfigError(
            f"the figure script {path}", expected="FIGURE = FigureRecipe()"
        )
    return recipe
