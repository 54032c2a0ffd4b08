"""gog/table1: accuracy and speed on COCO val2017 images with people."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence, Reason
from mmsia.cli.reproduce import reproduce_table

TRAINED = (Evidence.TRAINING, Evidence.INFERENCE)
OTHERS = Row(reason=Reason.EXTERNAL, why="another group's method and weights")
SPEED = (
    "printed for a 2080 Ti: speed on another device is not comparable, and network "
    "speed is not measured in this table's runs"
)

TABLE = TableRecipe(
    table="gog/table1",
    evidence=Evidence.TRAINING,
    rows={
        "centernet-flip": OTHERS,
        "simple-pose": OTHERS,
        "personlab": OTHERS,
        "pifpaf": OTHERS,
        "ours-1": Row("configs/gog/gog_hg104_coco19_640_noflip.py", TRAINED),
        "ours-2-final": Row("configs/gog/gog_hg104_coco19_640_flip.py", TRAINED),
        "ours-3-plus": Row("configs/gog/gog_hg104_coco39_768_flip.py", TRAINED),
    },
    columns={"ap": "ap"},
    column_reasons={"fps": SPEED, "fps_fp16": SPEED},
    protocol={
        "Images": "val2017 images with people, also without keypoints (2693)",
        "Input": "long edge 640 (768 for ours-3-plus), centred padding, single scale",
        "Flip test": "as the row says",
        "Limbs": "19; the 39 of ours-3-plus are unpublished, ours are chosen by rule",
        "Metric": "COCO keypoint AP (OKS), 20 detections an image",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
