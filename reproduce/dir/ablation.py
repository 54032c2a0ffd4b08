"""dir/ablation: parts of DIR switched off; nothing was printed for them here."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import NOT_BUILT
from mmsia.cli.reproduce import reproduce_table

NAMES = (
    *("initial", "one-stage", "two-stages", "no-gcn", "no-transformer"),
    *("no-projection", "no-dense-maps", "summed-projection", "per-joint-planes"),
    "shared-space",
)

TABLE = TableRecipe(
    table="dir/ablation",
    evidence=Evidence.TRAINING,
    rows={name: NOT_BUILT for name in NAMES},
    protocol={
        "Images": "InterHand2.6M v1.0 test, 5 fps, interacting hands with fits of both",
        "Boxes": "square around both hands' projected vertices, 0.8 of the crop",
        "Input": "256 x 256",
        "Root": "wrist",
        "Scale": "each hand by the true length of wrist to middle MCP",
        "Metric": "MPJPE and MPVPE in mm, truth from the MANO fits; MIAA in px",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
