"""gog/upper-bounds: ground-truth maps in place of the network (paper, Section 3)."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.cli.reproduce import reproduce_table

ORACLE = (Evidence.ORACLE,)

TABLE = TableRecipe(
    table="gog/upper-bounds",
    evidence=Evidence.ORACLE,
    rows={
        "default": Row("configs/gog/upper-bounds_default.py", ORACLE),
        "44-limbs": Row("configs/gog/upper-bounds_44-limbs.py", ORACLE),
        "44-limbs-stride-1": Row(
            "configs/gog/upper-bounds_44-limbs-stride-1.py", ORACLE
        ),
    },
    measures={Evidence.ORACLE: "upper-bound"},
    columns={"ap": "ap"},
    protocol={
        "Images": "those with annotated keypoints (2346 of val2017's 5000)",
        "Input": "long edge 640, centred padding; paper silent, as its other rows",
        "Network": "none: encoded annotations go to the decoder",
        "Flip test": "no",
        "Decoding": "32 peaks, response 0.04, guide error 40 px, pose 0.04: paper "
        "silent but for the 32, the released code's",
        "Small people": "not encoded at 1024 square pixels or fewer, still counted",
        "Metric": "COCO keypoint AP (OKS), 20 detections an image",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
