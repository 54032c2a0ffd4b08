"""cganet/table5: COCO test-dev, whose annotations only the server has."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence, Reason
from mmsia.bench.unmade import EXTERNAL
from mmsia.cli.reproduce import reproduce_table


def by_server(config: str) -> Row:
    """A row that only the server can score."""
    path = f"configs/cganet/{config}_testdev.py"
    return Row(
        path,
        (Evidence.TRAINING, Evidence.INFERENCE),
        Reason.NEEDS_SERVER,
        "test-dev has no public annotations; with trained weights, "
        f"`mmsia export {path} CKPT --out DIR --name NAME` writes the "
        "submission, `mmsia import-score` enters the answer",
    )


TABLE = TableRecipe(
    table="cganet/table5",
    evidence=Evidence.TRAINING,
    rows={
        "integral-pose": EXTERNAL,
        "cpn": EXTERNAL,
        "rmpe": EXTERNAL,
        "simple-resnet-152": by_server("separated_384x288_res152"),
        "hrnet-w32": by_server("separated_384x288_hrnet-w32"),
        "hrnet-w48": by_server("separated_384x288_hrnet-w48"),
        "ours-separated": by_server("separated_384x288_d3w96"),
        "cmu-pose": EXTERNAL,
        "mask-rcnn": EXTERNAL,
        "ae": EXTERNAL,
        "pifpaf": EXTERNAL,
        "spm": EXTERNAL,
        "higherhrnet-w32": EXTERNAL,
        "higherhrnet-w48-mmpose": EXTERNAL,
        "ours-single": by_server("cganet_512_d3w96"),
    },
    protocol={
        "Images": "all of test-dev2017",
        "Boxes": "separated: a detector's of 60.9 AP on people, public with HRNet (the "
        "paper's, of 55.8 AP on val2017, are not); single: the model's own",
        "Input": "384 x 288 (separated), about 512 (single)",
        "Flip test": "separated: yes, as the rows beside it; single: paper silent, no",
        "Scales": "single but for the rows marked †",
        "Pre-training": "baselines: ImageNet; TNet: no-pretrain",
        "Metric": "COCO keypoint AP (OKS), by the server",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
