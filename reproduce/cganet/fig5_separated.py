"""cganet/fig5, top: people found by the separated model."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="cganet/fig5-separated",
    title="people found by the separated model.",
    table="cganet/table4",
    row="ours-d3w64",
    kind=Kind.PEOPLE,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
