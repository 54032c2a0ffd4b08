"""siagcn/table1: SiaPose on Stacked Hourglass, Panoptic hands."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import DERIVED, NOT_BUILT, not_built
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="siagcn/table1",
    evidence=Evidence.TRAINING,
    rows={
        "shg-baseline": not_built("MMPose has Hourglass, in configs of one stack"),
        "sharedweight-gcn": NOT_BUILT,
        "1-head-siapose": NOT_BUILT,
        "5-head-siapose": NOT_BUILT,
        "10-head-siapose": NOT_BUILT,
        "improvement-10-head-siapose": DERIVED,
        "10-head-r-siapose": NOT_BUILT,
        "improvement-10-head-r-siapose": DERIVED,
    },
    protocol={
        "Images": "Panoptic hands, random 70/15/15 split (seed not published), "
        "test part presumed",
        "Boxes": "annotated hands, square, 2.2 times the longer side, black outside",
        "Input": "256 x 256, maps of 64 x 64",
        "Flip test": "paper silent: none, as in the first author's earlier code",
        "Decoding": "argmax of each map",
        "Metric": "PCK at 0.01 to 0.06 of the crop's side; mPCK, their mean",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
