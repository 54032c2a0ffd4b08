"""gog/table1: accuracy and speed on COCO val2017 images with people."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence, Reason
from mmsia.cli.reproduce import reproduce_table

TRAINED = (Evidence.TRAINING, Evidence.INFERENCE, Evidence.EFFICIENCY)
OTHERS = Row(reason=Reason.EXTERNAL, why="another group's method and weights")

TABLE = TableRecipe(
    table="gog/table1",
    evidence=Evidence.TRAINING,
    rows={
        "centernet-flip": Row("configs/gog/centernet_hg104_flip.py", TRAINED),
        "simple-pose": OTHERS,
        "personlab": OTHERS,
        "pifpaf": OTHERS,
        "ours-1": Row("configs/gog/gog_hg104_coco19_640_noflip.py", TRAINED),
        "ours-2-final": Row("configs/gog/gog_hg104_coco19_640_flip.py", TRAINED),
        "ours-3-plus": Row("configs/gog/gog_hg104_coco39_768_flip.py", TRAINED),
    },
    columns={"ap": "ap"},
    efficiency={"fps": "fps", "fps_fp16": "fps_fp16"},
    beside={
        "bottom-up-hrnet-w32": Row(
            "configs/gog/ae_hrnet-w32_512.py",
            (Evidence.INFERENCE,),
            about="bottom-up-hrnet-w32 of Table 3 on images that can be scored here, "
            "with MMPose's weights",
        )
    },
    protocol={
        "Images": "val2017 images with people, also without keypoints (2693)",
        "Input": "long edge 640 (768 for ours-3-plus), centred padding, single scale",
        "CenterNet": "images as they are (long edge 640 at most), padded to multiples "
        "of 128; the printed AP is what its release states, for all 5000 images",
        "Start": "CenterNet's Hourglass-104 where `--start TABLE/ROW=FILE` names it; "
        "else a training starts from nothing, unlike the paper's",
        "Flip test": "as the row says",
        "Limbs": "19; the 39 of ours-3-plus are unpublished, ours are chosen by rule",
        "Metric": "COCO keypoint AP (OKS), 20 detections an image",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
