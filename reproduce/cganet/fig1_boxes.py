"""cganet/fig1, bottom: centres and boxes before and after the centre lines."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="cganet/fig1-boxes",
    title="centre heatmaps and boxes before and after the centre lines.",
    table="cganet/table1",
    row="e-ambiguity-alleviation",
    kind=Kind.BOXES,
    num_worst=4,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
