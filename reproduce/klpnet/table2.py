"""klpnet/table2: depth of the detector's backbone."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import NOT_BUILT
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="klpnet/table2",
    evidence=Evidence.TRAINING,
    rows={
        "resnext-50": NOT_BUILT,
        "resnext-101": NOT_BUILT,
        "resnext-152": NOT_BUILT,
    },
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
