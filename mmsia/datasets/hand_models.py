"""The hand models of both sides: the converted licensed files, or the stand-in."""

from __future__ import annotations

from pathlib import Path

from mmsia.datasets.simulated.twohands_model import mirror, read_hand_model, stand_in
from mmsia.errors import DataError
from mmsia.log import get_logger
from mmsia.ops.hand_layer import mend_left
from mmsia.ops.hand_mesh import HandModel

FILES = {"left": "MANO_LEFT.npz", "right": "MANO_RIGHT.npz"}
"""Side -> name of the converted file."""
FOLDER = "mano"
"""Where they lie in a data root, and beside data that were made with them."""
WHERE_FROM = (
    "MANO is licensed: register at https://mano.is.tue.mpg.de, download "
    "MANO_LEFT.pkl and MANO_RIGHT.pkl, and run `mmsia convert mano FOLDER OUT`"
)


def read_hands(folder: str | Path | None = None) -> dict[str, HandModel]:
    """Read the left and the right hand.

    Args:
        folder: Holds the files that `mmsia convert mano` wrote; None takes the
            stand-in hand of the simulated data, for which nothing is needed.

    Returns:
        "left" and "right"; the left hand's shape directions are mended.

    Raises:
        DataError: A file that is missing (tells where to get it) or damaged.
    """
    if folder is None:
        get_logger(__name__).info(
            "no folder of MANO's files is given: the stand-in hand is used"
        )
        return {"left": mirror(stand_in()), "right": stand_in()}
    paths = {side: Path(folder) / name for side, name in FILES.items()}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise DataError(
            f"the hand models in {folder}",
            expected=" and ".join(FILES.values()),
            got=f"no {' and no '.join(missing)}",
            remedy=f"{WHERE_FROM}. Without a folder (None) the stand-in hand of the "
            "simulated data is used.",
        )
    hands = {side: read_hand_model(path) for side, path in paths.items()}
    return hands | {"left": mend_left(hands["left"], hands["right"])}
