"""klpnet/fig5: whose keypoint it is, before and after LIS."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="klpnet/fig5",
    title="owners of keypoints before and after the location instability strategy.",
    table="klpnet/table5",
    row="klpnet-csfa-lis",
    kind=Kind.OVERLAPS,
    quantiles=(0.5, 1.0),
    num_worst=2,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
