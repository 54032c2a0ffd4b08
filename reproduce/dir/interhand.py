"""dir/interhand: what the authors' evaluation prints on InterHand2.6M."""

from mmsia.bench.recipe import TableRecipe
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import EXTERNAL, not_built
from mmsia.cli.reproduce import reproduce_table

WEIGHTS = "the authors' checkpoint would need MANO, whose licence each user accepts"

TABLE = TableRecipe(
    table="dir/interhand",
    evidence=Evidence.INFERENCE,
    rows={
        "dir": not_built(WEIGHTS),
        "dir-2023": not_built(WEIGHTS),
        "intaghand": EXTERNAL,
    },
    protocol={
        "Images": "InterHand2.6M v1.0 test, 5 fps, interacting hands with fits of both",
        "Boxes": "square around both hands' projected vertices, 0.8 of the crop",
        "Input": "256 x 256",
        "Root": "wrist (IntagHand: middle MCP, which gives smaller numbers)",
        "Scale": "each hand by the true length of wrist to middle MCP",
        "Flip test": "no",
        "Metric": "MPJPE and MPVPE in mm, truth from the MANO fits; MIAA in px",
    },
)

if __name__ == "__main__":
    raise SystemExit(reproduce_table(TABLE.table))
