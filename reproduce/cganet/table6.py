"""cganet/table6: masks of people on COCO val2017."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.cli.reproduce import reproduce_table

EVIDENCE = (
    *(Evidence.TRAINING, Evidence.INFERENCE),
    *(Evidence.STRUCTURE, Evidence.EFFICIENCY),
)
CONFIG = "configs/cganet/cganet_{}_d1w64_masks.py"
MASK_RCNN = "configs/cganet/mask-rcnn_{}_fpn50.py"

TABLE = TableRecipe(
    table="cganet/table6",
    evidence=Evidence.TRAINING,
    rows={
        "mask-rcnn-fpn-50-384": Row(MASK_RCNN.format(384), EVIDENCE),
        "mask-rcnn-fpn-50-512": Row(MASK_RCNN.format(512), EVIDENCE),
        "ours-tnet-d1w64-384": Row(CONFIG.format(384), EVIDENCE),
        "ours-tnet-d1w64-512": Row(CONFIG.format(512), EVIDENCE),
    },
    columns={"ap": "segm_ap"},
    structure={"params": "params_mi"},
    efficiency_beside=("fps",),
    fitted={
        f"ours-tnet-d1w64-{size}.params": "blocks and widths of TNet, ROIGuider and "
        "the dense heads, which the paper does not print, were chosen to meet it"
        for size in (384, 512)
    },
    protocol={
        "Images": "val2017, all 5000; people",
        "Boxes": "the model's own",
        "Input": "about 384 and 512, of the shorter side (paper silent), aspect kept",
        "Training": "paper silent: images with keypoints, as for poses",
        "Mask R-CNN": "torchvision's parts for people alone; paper silent on its "
        "training: data, augmentation and schedule of ours; at most 20 boxes, as ours",
        "Pre-training": "Mask R-CNN: ImageNet; TNet: no-pretrain, as its weights are "
        "not published; the paper pre-trains it on ImageNet",
        "Parameters": "in units of 2^20; 20.2 is the model without the cascade; 42.3 "
        "is torchvision's Mask R-CNN for the 91 classes of COCO, 1 % more than here",
        "Metric": "COCO mask AP of the category person",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
