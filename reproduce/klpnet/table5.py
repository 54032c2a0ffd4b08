"""klpnet/table5: 18 categories of ObjectNet3D."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL, NOT_BUILT, not_built
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="klpnet/table5",
    evidence=Evidence.TRAINING,
    rows={
        "starmap": EXTERNAL,
        "starmap-reimpl": not_built("the authors' own re-implementation of StarMap"),
        "keypointnet": EXTERNAL,
        "klpnet-backbone": NOT_BUILT,
        "klpnet-csfa": NOT_BUILT,
        "klpnet-csfa-lis": NOT_BUILT,
    },
    protocol={
        "Images": "ObjectNet3D; 19k for training and 10k for test, as the text says",
        "Boxes": "annotated; square crop of 1.5 times the longer side, as StarMap",
        "Input": "paper silent: 256 x 256, maps of 64 x 64, as StarMap",
        "Metric": "paper silent: read as PCK, 0.1 of the box's longer side",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
