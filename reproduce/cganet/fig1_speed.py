"""cganet/fig1, top: speed against accuracy, as printed and as measured here."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="cganet/fig1-speed",
    title="speed against accuracy.",
    table="cganet/table3",
    row="g-ours-tnet-d1w64",
    kind=Kind.SPEED,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
