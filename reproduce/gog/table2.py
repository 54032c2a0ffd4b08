"""gog/table2: encodings and decodings of keypoint coordinates, without flip test."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.cli.reproduce import reproduce_table

NAMES = ("dark", "qnt", "qnt-ro", "ours", "ours-ro", "ours-bilinear")
EVIDENCE = (Evidence.TRAINING, Evidence.INFERENCE, Evidence.ORACLE)

TABLE = TableRecipe(
    table="gog/table2",
    evidence=Evidence.TRAINING,
    rows={name: Row(f"configs/gog/gog_ablation_{name}.py", EVIDENCE) for name in NAMES},
    measures={Evidence.ORACLE: "laboratory"},
    columns={"ap": "ap"},
    not_comparable={
        Evidence.ORACLE: "ceiling of the encoding with perfect maps; the printed "
        "number is of a trained network"
    },
    protocol={
        "Images": "val2017 images with people; oracle: with annotated keypoints",
        "Input": "long edge 640 (paper silent; as 'Ours' equals 'Ours 1' of Table 1)",
        "Start": "CenterNet's Hourglass-104 where `--start TABLE/ROW=FILE` names it; "
        "else a training starts from nothing, unlike the paper's",
        "Flip test": "no",
        "qnt": "paper silent on details: keypoint floored to a cell, as CenterNet",
        "DARK": "paper silent on its changes: one Newton step on the log of each peak",
        "Metric": "COCO keypoint AP (OKS), 20 detections an image",
    },
    remark="Perfect maps alone cannot rank refinement offsets (ro) and DARK: both "
    "correct the position of a response, and real responses are not Gaussian (paper, "
    "Section 3). Read the curves over degraded maps, and trust neither before they "
    "are fitted to a trained network's residuals.",
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
