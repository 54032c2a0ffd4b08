"""Where GOG's head and its decoder must agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmsia.errors import ConfigError
from mmsia.ops.limbs import get_limbs


def agree_on_limbs(limbs: Any, decoder: Any) -> np.ndarray:
    """Return the limb set of a head.

    Args:
        limbs: Name or pairs as configured, or None.
        decoder: The head's codec, or None.

    Returns:
        (L, 2) keypoint types: the decoder's, or as configured, or coco19.

    Raises:
        ConfigError: A limb set that is not the decoder's.
    """
    if decoder is None:
        return get_limbs("coco19" if limbs is None else limbs)
    if limbs is not None and not np.array_equal(get_limbs(limbs), decoder.limbs):
        raise ConfigError(
            "OffsetGuidedHead: the head's limbs are not its decoder's",
            expected=f"the decoder's {len(decoder.limbs)} limbs or no limbs at all",
            got=repr(limbs),
        )
    return np.asarray(decoder.limbs)


def check_refinement(refinement: bool, decoder: Any) -> None:
    """Check that a head predicts the refinement offsets that its decoder needs.

    Args:
        refinement: Whether the head predicts them.
        decoder: The head's codec, or None.

    Raises:
        ConfigError: It does not.
    """
    if getattr(decoder, "refinement", None) == "offset" and not refinement:
        raise ConfigError(
            "OffsetGuidedHead: the decoder needs refinement offsets",
            expected="refinement=True",
            got="refinement=False",
        )
