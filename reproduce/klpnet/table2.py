"""klpnet/table2: depth of the detector's backbone."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.cli.reproduce import reproduce_table

EVIDENCE = (Evidence.TRAINING, Evidence.INFERENCE)

TABLE = TableRecipe(
    table="klpnet/table2",
    evidence=Evidence.TRAINING,
    rows={
        f"resnext-{depth}": Row(f"configs/klpnet/dpad_x{depth}_coco.py", EVIDENCE)
        for depth in (50, 101, 152)
    },
    columns={"ap": "bbox_ap"},
    findings={
        "flops": "the three printed counts cannot be of one input size and "
        "cardinality: 17 blocks of the same cost are added each time, yet the print "
        "grows by 2.7 and then by 4.8 G"
    },
    protocol={
        "Images": "COCO; paper silent on the split",
        "FLOPs": "paper silent on input size, cardinality and counter",
        "Metric": "AP of COCO",
    },
    remark="The printed FLOPs cannot be of one input size and cardinality: 101 over "
    "50 and 152 over 101 add 17 blocks of the same cost each, yet the print has 2.7 "
    "and 4.8 G.",
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
