"""No figure of the paper: which head the pointer network (Eq. 3) trusts on a hand."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="siagcn/fig-head-weights",
    title="weights that the pointer network gives the heads; not a figure of the "
    "paper.",
    table="siagcn/table1",
    row="10-head-siapose",
    kind=Kind.HEAD_WEIGHTS,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
