"""gog/table3: COCO test-dev, whose annotations only the server has."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence, Reason
from mmsia.cli.reproduce import reproduce_table

OTHERS = Row(reason=Reason.EXTERNAL, why="another group's method and weights")


def by_server(name: str, about: str = "") -> Row:
    """A row that only the server can score."""
    config = f"configs/gog/{name}.py"
    return Row(
        config,
        (Evidence.TRAINING, Evidence.INFERENCE),
        Reason.NEEDS_SERVER,
        "test-dev has no public annotations; with trained weights, "
        f"`mmsia export {config} CKPT --out DIR` writes the submission, "
        "`mmsia import-score` enters the answer",
        about,
    )


TABLE = TableRecipe(
    table="gog/table3",
    evidence=Evidence.TRAINING,
    rows={
        "centernet": by_server("centernet_hg104_testdev"),
        "simple-pose": OTHERS,
        "personlab": OTHERS,
        "pifpaf": OTHERS,
        "bottom-up-hrnet-w32": by_server("ae_hrnet-w32_testdev"),
        "ours-final-640": by_server("gog_hg104_coco19_testdev_640"),
        "ours-final-768": by_server("gog_hg104_coco19_testdev_768"),
    },
    beside={
        "ours-final-768-fixed-height": by_server(
            "gog_hg104_coco19_testdev_640-fixed-height",
            "ours-final-768 in the other mode that it may stand for: height 640",
        )
    },
    columns={"ap": "ap", "apm": "ap_m", "apl": "ap_l"},
    protocol={
        "Images": "all of test-dev2017",
        "Input": "single scale; the 768 row in both modes, long edge 768 as printed "
        "and height 640, for which the released code states the printed numbers; "
        "CenterNet: images as they are, padded to multiples of 128; HRNet: Associative "
        "Embedding as MMPose has it, short edge 512",
        "Flip test": "yes",
        "Metric": "COCO keypoint AP (OKS), by the server",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
