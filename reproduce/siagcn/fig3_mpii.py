"""siagcn/fig3 on MPII+NZSL: hands found by the baseline (above) and by R-SiaPose."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="siagcn/fig3-mpii",
    title="hands found by the baseline and by R-SiaPose (MPII+NZSL in the paper).",
    table="siagcn/table4",
    row="r-siapose-shg",
    kind=Kind.HANDS,
    beside="shg",
    quantiles=(0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0),
    num_worst=0,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
