"""klpnet/table4: stages of CKLM beside single-stage models on COCO people."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL, NOT_BUILT, in_library
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="klpnet/table4",
    evidence=Evidence.TRAINING,
    rows={
        "1-s-hourglass": EXTERNAL,
        "2-s-hourglass": EXTERNAL,
        "cpn-globalnet": EXTERNAL,
        "1-s-mspn": in_library("MMPose", "td-hm_mspn50_8xb32-210e_coco-256x192"),
        "cklm-1-s": NOT_BUILT,
        "cklm-2-s": NOT_BUILT,
        "cklm-3-s": NOT_BUILT,
        "cklm-4-s": NOT_BUILT,
        "cklm-5-s": NOT_BUILT,
    },
    findings={
        "cklm-5-s.flops": "stages add about 5 G each; 23 for five breaks the step of "
        "the four before it, and is the only value without a decimal"
    },
    protocol={
        "Images": "COCO minival, people (the only keypoints that COCO has)",
        "Boxes": "paper silent",
        "Input": "paper silent: 256 x 192, which the printed FLOPs call for",
        "FLOPs": "the rows of others are of another counter than ours",
        "Metric": "COCO keypoint AP (OKS)",
    },
    remark="The FLOPs of one to four stages fit ResNeXt-50, not the ResNeXt-101 of "
    "the text; the 23 G of five stages break the row's own step of 5.",
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
