"""dir/overlap: errors of each estimate and each row by how much the hands overlap."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="dir/fig-overlap",
    title="errors by how much the hands overlap; no figure of the paper.",
    table="dir/ablation",
    row="two-stages",
    kind=Kind.HAND_ERRORS,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
