"""klpnet/table1: the detector DPAD beside other detectors on COCO."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL
from mmsia.cli.reproduce import reproduce_table

EVIDENCE = (Evidence.TRAINING, Evidence.INFERENCE)
CONFIG = "configs/klpnet/"
MIXED = (
    "the print seems to mix AP of masks (Mask R-CNN, PANet) with AP of boxes (YOLOv4), "
    "so that no number of it is known to be of one or the other; ours are of boxes, "
    "and runs store AP of masks beside them (segm_ap)"
)

TABLE = TableRecipe(
    table="klpnet/table1",
    evidence=Evidence.TRAINING,
    rows={
        "mask-rcnn-fpn-resnet-101": Row(
            f"{CONFIG}mask-rcnn_fpn_r101_coco.py", EVIDENCE
        ),
        "mask-rcnn-fpn-resnext-101": Row(
            f"{CONFIG}mask-rcnn_fpn_x101_coco.py", EVIDENCE
        ),
        "pa-net": Row(f"{CONFIG}mask-rcnn_pafpn_x101_coco.py", EVIDENCE),
        "yolo-v4-pa-net": EXTERNAL,
        "dpad": Row(f"{CONFIG}dpad_x101_coco.py", EVIDENCE),
    },
    columns={"ap": "bbox_ap", "ap50": "bbox_ap50", "ap75": "bbox_ap75"},
    not_comparable={evidence: MIXED for evidence in EVIDENCE},
    protocol={
        "Images": "COCO; paper silent on the split and on its subset of 18k + 2k",
        "Input": "paper silent; 1024 or more, or the level of stride 512 is empty",
        "Schedule": "DPAD: 180k iterations of 16 images, the rest paper silent; "
        "others: MMDetection's",
        "PANet": "its path and pooling on MMDetection's Mask R-CNN, without the fully "
        "connected branch of the mask head",
        "Metric": "AP of COCO; mask or box AP is not stated and may differ by row",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
