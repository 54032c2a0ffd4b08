"""siagcn/complexity: sizes that the text gives relative to other models."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import NOT_BUILT
from mmsia.cli.reproduce import reproduce_table

TABLE = TableRecipe(
    table="siagcn/complexity",
    evidence=Evidence.STRUCTURE,
    rows={"5-head-siapose": NOT_BUILT, "10-head-siapose": NOT_BUILT},
    column_reasons={
        "size_vs_r-mgmn": "R-MGMN has no public code and no published size",
    },
    protocol={
        "Estimator": "paper silent (SHG or CPM, with or without the rotation net)",
        "Counted": "parameters; no absolute number is printed",
    },
    remark="Counting shows that the two sentences cannot speak of the same variant: "
    "+30 % and +40 % fit R-SiaPose on the CPM of 3 x 3 kernels, 80 % of AGMN fits "
    "SiaPose without the rotation net.",
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
