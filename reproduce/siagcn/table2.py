"""siagcn/table2: SiaPose on Convolutional Pose Machines, Panoptic hands."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import DERIVED, NOT_BUILT, not_built
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="siagcn/table2",
    evidence=Evidence.TRAINING,
    rows={
        "cpm-baseline": not_built("MMPose has CPM, on another trunk than VGG-19"),
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
        "Input": "368 x 368, maps of 46 x 46",
        "CPM": "six stages, 7 x 7 kernels as far as the text tells",
        "Flip test": "paper silent: none, as in the first author's earlier code",
        "Decoding": "argmax of each map",
        "Metric": "PCK at 0.01 to 0.06 of the crop's side; mPCK, their mean",
    },
    remark="Perfect maps of 46 cells, decoded by argmax, reach a PCK of about 66.5 at "
    "0.01: a part of the gap to Table 1 at that threshold is the grid.",
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
