"""cganet/fig5, middle: people found by the single model."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="cganet/fig5-single",
    title="people found by the single model.",
    table="cganet/table3",
    row="g-ours-tnet-d1w64",
    kind=Kind.PEOPLE,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
