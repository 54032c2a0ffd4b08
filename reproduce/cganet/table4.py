"""cganet/table4: TNet as a separated model, its training speed and memory."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL, NOT_BUILT, in_library
from mmsia.cli.reproduce import reproduce_table

SPEED = "printed for three 2080 Ti: speed on another device is not comparable"

TABLE = TableRecipe(
    table="cganet/table4",
    evidence=Evidence.TRAINING,
    rows={
        "hourglass-8-stage": EXTERNAL,
        "simple-resnet-50": in_library("MMPose", "td-hm_res50_8xb64-210e_coco-256x192"),
        "hrnet-w32": in_library("MMPose", "td-hm_hrnet-w32_8xb64-210e_coco-256x192"),
        "ours-d3w64": NOT_BUILT,
    },
    column_reasons={"train_sps": SPEED},
    protocol={
        "Images": "paper silent: val2017 presumed",
        "Boxes": "a detector's, 55.8 AP on people",
        "Input": "256 x 192, batches of 64 on each of three GPUs",
        "Flip test": "paper silent: yes, as the baselines",
        "FLOPs": "of several counters: 4.0 G of ResNet-50 leaves out its head",
        "Metric": "COCO keypoint AP (OKS)",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
