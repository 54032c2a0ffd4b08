"""gog/fig2, bottom right: people assembled from keypoints and guiding offsets."""

from mmsia.bench.figure_recipe import FigureRecipe, Kind
from mmsia.cli.reproduce import reproduce_table

FIGURE = FigureRecipe(
    figure="gog/fig2",
    title="people assembled from peaks and guiding offsets, ground-truth maps in place "
    "of the network.",
    table="gog/upper-bounds",
    row="default",
    kind=Kind.PEOPLE,
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(FIGURE.table))
