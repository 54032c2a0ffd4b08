"""Whose names weights have, and where each belongs in a network of ours.

One table a source, each in a module of its own; here they meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mmsia.errors import DataError
from mmsia.models.weights.dir_names import dir_places, in_our_order
from mmsia.models.weights.hourglass_names import centernet_places, gog_places
from mmsia.models.weights.openmmlab_names import openmmlab_places
from mmsia.models.weights.rules import DROPPED
from mmsia.models.weights.torchvision_names import torchvision_places

_SIGNS = (
    ("dir", ("init_regressor.",)),
    ("gog", ("basenet.",)),
    ("mmsia", ("backbone.",)),
    ("centernet", ("kps.",)),
    ("torchvision", ("layer1.", "features.")),
)
"""(source, what a name begins with in its files); the first that is found counts."""


class Renamed(NamedTuple):
    """A state dict under our names.

    Attributes:
        state: Our name -> tensor.
        dropped: Foreign names of parts that the model does not have.
    """

    state: dict[str, Any]
    dropped: tuple[str, ...]


def find_source(names: Iterable[str]) -> str:
    """Tell whose naming a state dict follows.

    Args:
        names: Its keys.

    Returns:
        `'mmsia'` (MMPose's and MMDetection's too), `'gog'` or `'dir'` (the authors'
        releases), `'centernet'` or `'torchvision'`.

    Raises:
        DataError: None of them.
    """
    names = [name.removeprefix("module.") for name in names]
    for source, signs in _SIGNS:
        if any(name.startswith(signs) for name in names):
            return source
    raise DataError(
        "these weights follow no naming that mmsia knows",
        expected="names that start with backbone. (mmsia, MMPose, MMDetection), "
        "basenet. (GOG's release), init_regressor. (DIR's), kps. (CenterNet's "
        "hourglass), layer1. or features. (torchvision)",
        got=", ".join(names[:3]) or "no weights",
    )


def rename_weights(
    state: Mapping[str, Any], source: str, *, with_branches: bool = False
) -> Renamed:
    """Rename foreign weights for an estimator.

    Args:
        state: Foreign name -> tensor, with or without `module.` in front.
        source: As `find_source`.
        with_branches: Whether CenterNet's branches are for a CenterNetPoseHead; an
            OffsetGuidedHead has no place for them.

    Returns:
        The renamed weights, and the names of what has no place in the model, such as
        CenterNet's branches and what DIR's release does not use itself.

    Raises:
        DataError: A name that the source should not have, or two names for one place.
    """
    bare = {foreign: foreign.removeprefix("module.") for foreign in state}
    plain = {name: state[foreign] for foreign, name in bare.items()}
    where = _places(plain, source, with_branches)
    renamed: dict[str, Any] = {}
    dropped, unknown = [], []
    for foreign, tensor in state.items():
        ours = where[bare[foreign]]
        if ours == DROPPED:
            dropped.append(foreign)
        elif ours is None or ours in renamed:
            unknown.append(foreign)
        else:
            renamed[ours] = tensor
    if unknown:
        raise DataError(
            f"{len(unknown)} weights have no place under the names of {source!r}",
            expected="each name known and used once",
            got=", ".join(unknown[:8]) + (" ..." if len(unknown) > 8 else ""),
        )
    if source == "dir":
        renamed = in_our_order(renamed)
    return Renamed(renamed, tuple(dropped))


def _places(
    state: Mapping[str, Any], source: str, with_branches: bool
) -> dict[str, str | None]:
    if source == "centernet":
        return centernet_places(state, with_branches=with_branches)
    if source == "torchvision":
        return torchvision_places(state)
    named = {"gog": gog_places, "dir": dir_places, "mmsia": openmmlab_places}
    return named[source](state)
