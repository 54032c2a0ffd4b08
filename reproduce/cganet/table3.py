"""cganet/table3: speed and size beside single-model methods on COCO val2017."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL, NOT_BUILT
from mmsia.cli.reproduce import reproduce_table

SPEED = "printed for a 2080 Ti: speed on another device is not comparable"

TABLE = TableRecipe(
    table="cganet/table3",
    evidence=Evidence.TRAINING,
    rows={
        "a-mask-rcnn-r50-fpn": EXTERNAL,
        "b-pifpaf-resnet-50": EXTERNAL,
        "c-simplepose-flip": EXTERNAL,
        "d-higherhrnet-w32": EXTERNAL,
        "e-higherhrnet-w32-refine": EXTERNAL,
        "f-higherhrnet-w32-refine-flip": EXTERNAL,
        "g-ours-tnet-d1w64": NOT_BUILT,
        "h-ours-flip": NOT_BUILT,
        "i-ours-flip-150-epochs": NOT_BUILT,
    },
    column_reasons={"fps": SPEED},
    protocol={
        "Images": "val2017, all 5000",
        "Boxes": "the model's own",
        "Input": "512; paper silent on the side: the shorter, aspect kept",
        "Flip test": "as the row says",
        "Scales": "single",
        "Parameters": "in units of 2^20 where the authors counted, 10^6 where quoted",
        "Metric": "COCO keypoint AP (OKS), 20 detections an image",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
