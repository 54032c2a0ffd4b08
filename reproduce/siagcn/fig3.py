"""siagcn/fig3 on Panoptic: hands found by the baseline (above) and by R-SiaPose.

The paper chose its examples; here fixed quantiles of our own score do.
"""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="siagcn/fig3",
    title="hands found by the baseline and by R-SiaPose (Panoptic in the paper).",
    table="siagcn/table1",
    row="10-head-r-siapose",
    kind=Kind.HANDS,
    beside="shg-baseline",
    quantiles=(0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0),
    num_worst=0,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
