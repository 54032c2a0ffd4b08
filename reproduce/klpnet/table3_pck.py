"""klpnet/table3-pck: Pascal3D+, PCK with the nearest feature as identity."""

from mmsia.bench.recipe import Row, TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL
from mmsia.cli.reproduce import reproduce_table
from mmsia.datasets.object_skeletons import PASCAL3D_SHORT

EVIDENCE = (Evidence.TRAINING, Evidence.INFERENCE)
CONFIG = "configs/klpnet/"
SCORES = {**PASCAL3D_SHORT, "mean": "mean"}


def beside(name: str, about: str) -> Row:
    """Another CKLM."""
    return Row(f"{CONFIG}cklm_pascal3d_256_{name}.py", EVIDENCE, about=about)


TABLE = TableRecipe(
    table="klpnet/table3-pck",
    evidence=Evidence.TRAINING,
    rows={
        "mckp": EXTERNAL,
        "6-dof-sh": EXTERNAL,
        "starmap": EXTERNAL,
        "starmap-reimpl": Row(f"{CONFIG}starmap_pascal3d_256.py", EVIDENCE),
        "cklm": Row(f"{CONFIG}cklm_pascal3d_256_3stages.py", EVIDENCE),
    },
    columns={column: f"features/{name}" for column, name in SCORES.items()},
    column_reasons={
        "delta": "a difference to another group's row; `mmsia audit` recomputes it"
    },
    beside={
        "cklm-1-stage": beside("1stage", "one stage instead of three"),
        "cklm-2-stages": beside("2stages", "two stages instead of three"),
        "cklm-no-csfa": beside(
            "3stages_nocsfa", "three stages that do not aggregate features"
        ),
    },
    protocol={
        "Images": "Pascal3D+ validation, objects neither truncated, occluded nor "
        "difficult",
        "Boxes": "annotated; square crop of 1.5 times the longer side, at most the "
        "image's longer side, as StarMap",
        "Category": "annotated; the text says that ours, unlike others, is not told it",
        "Input": "paper silent: 256 x 256, maps of 64 x 64, as StarMap",
        "Trunk": "ResNeXt-101 32x4d, as the text says, for StarMap* as well",
        "Identity": "each annotated keypoint takes the peak with the nearest features, "
        "as StarMap; of a part, the mean of its features over the training set",
        "Flip test": "paper silent: averaged maps, as StarMap",
        "Metric": "PCK, 0.1 of the box's longer side; mean of the categories",
    },
    remark="StarMap* has one confidence map and offsets on one stage of the same "
    "trunk; its third output, depth, has no part in these numbers.",
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
