"""cganet/table1: what each component adds on COCO val2017."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import NOT_BUILT
from mmsia.cli.reproduce import reproduce_table

SPEED = "printed for a 2080 Ti: speed on another device is not comparable"

TABLE = TableRecipe(
    table="cganet/table1",
    evidence=Evidence.TRAINING,
    rows={
        "a-fpn-50-roi-pooler": NOT_BUILT,
        "b-fpn-50-roi-guider": NOT_BUILT,
        "c-tnet-d1w64-roi-guider": NOT_BUILT,
        "d-star-fixed-extend-area": NOT_BUILT,
        "d-dichotomy-extended-area": NOT_BUILT,
        "e-ambiguity-alleviation": NOT_BUILT,
        "f-roi-guider-x2": NOT_BUILT,
    },
    column_reasons={"fps": SPEED},
    protocol={
        "Images": "val2017, all 5000",
        "Boxes": "the model's own",
        "Input": "384; paper silent on the side: the shorter, aspect kept",
        "Flip test": "paper silent: no",
        "Scales": "single",
        "Parameters": "in units of 2^20, as the rows of Table 3 and 6 show",
        "Metric": "COCO keypoint AP (OKS), 20 detections an image",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
