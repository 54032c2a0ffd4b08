"""cganet/table6: masks of people on COCO val2017."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import NOT_BUILT, in_library
from mmsia.cli.reproduce import reproduce_table

MASK_RCNN = in_library("MMDetection", "mask-rcnn_r50_fpn_1x_coco")

TABLE = TableRecipe(
    table="cganet/table6",
    evidence=Evidence.TRAINING,
    rows={
        "mask-rcnn-fpn-50-384": MASK_RCNN,
        "mask-rcnn-fpn-50-512": MASK_RCNN,
        "ours-tnet-d1w64-384": NOT_BUILT,
        "ours-tnet-d1w64-512": NOT_BUILT,
    },
    protocol={
        "Images": "val2017, people",
        "Boxes": "the model's own",
        "Input": "about 384 and 512; paper silent on the side",
        "Parameters": "in units of 2^20; 20.2 is the model without the cascade",
        "Metric": "COCO mask AP of the category person",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
