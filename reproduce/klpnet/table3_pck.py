"""klpnet/table3-pck: Pascal3D+, PCK with the nearest feature as identity."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL, NOT_BUILT, not_built
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="klpnet/table3-pck",
    evidence=Evidence.TRAINING,
    rows={
        "mckp": EXTERNAL,
        "6-dof-sh": EXTERNAL,
        "starmap": EXTERNAL,
        "starmap-reimpl": not_built("the authors' own re-implementation of StarMap"),
        "cklm": NOT_BUILT,
    },
    protocol={
        "Images": "Pascal3D+ validation, objects neither truncated nor occluded",
        "Boxes": "annotated; square crop of 1.5 times the longer side, as StarMap",
        "Input": "paper silent: 256 x 256, maps of 64 x 64, as StarMap",
        "Identity": "nearest canonical feature",
        "Flip test": "paper silent: averaged maps, as StarMap",
        "Metric": "PCK, 0.1 of the box's longer side; mean of the categories",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
