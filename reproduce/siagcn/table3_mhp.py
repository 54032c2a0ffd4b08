"""siagcn/table3-mhp: R-SiaPose beside graphical models, on the MHP hands."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL, NOT_BUILT
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="siagcn/table3-mhp",
    evidence=Evidence.TRAINING,
    rows={"r-mgmn": EXTERNAL, "agmn": EXTERNAL, "r-siapose": NOT_BUILT},
    protocol={
        "Images": "MHP hands, random 70/15/15 split (seed not published), "
        "test part presumed",
        "Boxes": "annotated hands, square, 2.2 times the longer side, black outside",
        "Input": "368 x 368, maps of 46 x 46",
        "CPM": "each 7 x 7 kernel replaced by three of 3 x 3: not that of Table 2",
        "Heads": "paper silent",
        "Metric": "PCK at 0.01 to 0.06 of the crop's side; mPCK, their mean",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
