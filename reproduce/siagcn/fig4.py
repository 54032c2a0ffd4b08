"""siagcn/fig4: failures of R-SiaPose, the worst hands of the test set."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="siagcn/fig4",
    title="failures of R-SiaPose.",
    table="siagcn/table1",
    row="10-head-r-siapose",
    kind=Kind.HANDS,
    quantiles=(),
    num_worst=8,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
