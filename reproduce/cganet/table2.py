"""cganet/table2: range and threshold of the dichotomy extended area."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import NOT_BUILT
from mmsia.cli.reproduce import reproduce_table

RATIOS = ("05", "07", "08", "09", "1", "15")

TABLE = TableRecipe(
    table="cganet/table2",
    evidence=Evidence.TRAINING,
    rows={f"ratio-0-{ratio}": NOT_BUILT for ratio in RATIOS},
    protocol={
        "Images": "val2017, all 5000 (not in the caption)",
        "Boxes": "the model's own, extended",
        "Model": "row (d) of Table 1; one checkpoint decoded 42 times",
        "Input": "384; paper silent on the side: the shorter, aspect kept",
        "Flip test": "paper silent: no",
        "Metric": "COCO keypoint AP (OKS), 20 detections an image",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
