"""cganet/table5: COCO test-dev, whose annotations only the server has."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL, in_library, not_built
from mmsia.cli.reproduce import reproduce_table

OURS = not_built("test-dev needs COCO's server as well")

TABLE = TableRecipe(
    table="cganet/table5",
    evidence=Evidence.TRAINING,
    rows={
        "integral-pose": EXTERNAL,
        "cpn": EXTERNAL,
        "rmpe": EXTERNAL,
        "simple-resnet-152": in_library(
            "MMPose", "td-hm_res152_8xb32-210e_coco-384x288"
        ),
        "hrnet-w32": in_library("MMPose", "td-hm_hrnet-w32_8xb64-210e_coco-384x288"),
        "hrnet-w48": in_library("MMPose", "td-hm_hrnet-w48_8xb32-210e_coco-384x288"),
        "ours-separated": OURS,
        "cmu-pose": EXTERNAL,
        "mask-rcnn": EXTERNAL,
        "ae": EXTERNAL,
        "pifpaf": EXTERNAL,
        "spm": EXTERNAL,
        "higherhrnet-w32": EXTERNAL,
        "higherhrnet-w48-mmpose": EXTERNAL,
        "ours-single": OURS,
    },
    protocol={
        "Images": "all of test-dev2017",
        "Boxes": "separated: a detector's, 55.8 AP on people; single: the model's own",
        "Input": "384 x 288 (separated), about 512 (single)",
        "Flip test": "paper silent",
        "Scales": "single but for the rows marked †",
        "Metric": "COCO keypoint AP (OKS), by the server",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
