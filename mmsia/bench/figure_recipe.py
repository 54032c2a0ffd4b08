"""Figure scripts: `reproduce/<paper>/figN.py` says which row's predictions it shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mmsia.bench.gallery import NUM_WORST, QUANTILES
from mmsia.bench.scripts import load_script
from mmsia.paths import project_root


class Kind(StrEnum):
    """What a figure shows; a module of `mmsia.report` draws each."""

    PEOPLE = "people"
    MASKS = "masks"
    BOXES = "boxes"
    HANDS = "hands"
    KERNELS = "kernels"
    HEAD_WEIGHTS = "head-weights"
    SPEED = "speed"
    OBJECTS = "objects"
    OVERLAPS = "overlaps"
    HAND_ERRORS = "hand-errors"


@dataclass(frozen=True)
class FigureRecipe:
    """A figure made from what one row's run has left: predictions, weights or times.

    Attributes:
        figure: Id, such as `gog/fig2`.
        title: What it shows.
        table: Table in whose report it stands.
        row: Row whose run it shows.
        kind: What of it.
        beside: Row of the same table that is shown above it, image by image.
        quantiles: Of the per-image score of `row`; 0 is the worst image, 1 the best.
        num_worst: How many of the worst images are shown before them.
    """

    figure: str
    title: str
    table: str
    row: str
    kind: Kind = Kind.PEOPLE
    beside: str | None = None
    quantiles: tuple[float, ...] = QUANTILES
    num_worst: int = NUM_WORST


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
