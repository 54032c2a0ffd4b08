"""klpnet/table1: the detector DPAD beside other detectors on COCO."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL, NOT_BUILT, in_library
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="klpnet/table1",
    evidence=Evidence.TRAINING,
    rows={
        "mask-rcnn-fpn-resnet-101": in_library(
            "MMDetection", "mask-rcnn_r101_fpn_2x_coco"
        ),
        "mask-rcnn-fpn-resnext-101": in_library(
            "MMDetection", "mask-rcnn_x101-32x4d_fpn_2x_coco"
        ),
        "pa-net": EXTERNAL,
        "yolo-v4-pa-net": EXTERNAL,
        "dpad": NOT_BUILT,
    },
    protocol={
        "Images": "COCO; paper silent on the split and on its subset of 18k + 2k",
        "Input": "paper silent; 1024 or more, or the level of stride 512 is empty",
        "Metric": "AP of COCO; mask or box AP is not stated and may differ by row",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
