"""siagcn/table4: from Panoptic to MPII+NZSL hands by fine-tuning."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import DERIVED, NOT_BUILT, not_built
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="siagcn/table4",
    evidence=Evidence.TRAINING,
    rows={
        "cpm": not_built("MMPose has CPM, on another trunk than VGG-19"),
        "r-siapose-cpm": NOT_BUILT,
        "improvement-cpm": DERIVED,
        "shg": not_built("MMPose has Hourglass, in configs of one stack"),
        "r-siapose-shg": NOT_BUILT,
        "improvement-shg": DERIVED,
    },
    protocol={
        "Images": "MPII+NZSL hands; paper silent on the split: the released manual "
        "test folder",
        "Training": "on Panoptic, then about 40 epochs on MPII+NZSL",
        "Boxes": "annotated hands, square, 2.2 times the longer side, black outside",
        "Input": "368 x 368 (CPM, version not stated), 256 x 256 (SHG)",
        "Metric": "PCK at 0.01 to 0.08 of the crop's side",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
