"""klpnet/fig6: confidence, keypoints and links by how objects overlap."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="klpnet/fig6",
    title="keypoints and links by how objects overlap.",
    table="klpnet/table5",
    row="klpnet-csfa-lis",
    kind=Kind.OBJECTS,
    quantiles=(0.5,),
    num_worst=1,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
