"""No figure of the paper: the kernels (Eq. 2) that SIA-GCN learned, edge by edge."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="siagcn/fig-kernels",
    title="kernels that SIA-GCN learned; not a figure of the paper.",
    table="siagcn/table1",
    row="10-head-siapose",
    kind=Kind.KERNELS,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
