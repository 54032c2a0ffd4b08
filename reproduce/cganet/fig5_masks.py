"""cganet/fig5, bottom: people's masks found by the single model."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="cganet/fig5-masks",
    title="masks of people found by the single model.",
    table="cganet/table6",
    row="ours-tnet-d1w64-512",
    kind=Kind.MASKS,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
