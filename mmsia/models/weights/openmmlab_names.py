"""Names of MMPose's and MMDetection's own files, of today and of their first versions.

Networks of mmsia have these names too. Facts about names: before MMPose 1.0 the head
was `keypoint_head`, and a `final_layer` of several convolutions numbered them, where
now `conv_layers` has all but the last; files carry the constants of a preprocessor
(`data_preprocessor.mean`) and, of MMDetection 2, the averages of weights that were not
tested with (`ema_...`). MMEngine's own checkpoints have the tested ones under
`state_dict`, averaged or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mmsia.models.weights.rules import Rules, places

_RULES: Rules = ((r"^keypoint_head\.", "head."), (r"^", ""))
_DROPPED = r"^(data_preprocessor\.(mean|std)$|ema_)"
_NUMBERED = re.compile(r"^head\.final_layer\.(\d+)\.(\w+)$")


def openmmlab_places(names: Iterable[str]) -> dict[str, str | None]:
    """Where their weights belong, as `rules.places`.

    Args:
        names: Their names.
    """
    found = places(names, _RULES, _DROPPED)
    matches = [m for ours in found.values() if (m := _NUMBERED.match(ours or ""))]
    if not matches or not any(name.startswith("keypoint_head.") for name in found):
        return found
    last = max(int(match.group(1)) for match in matches)
    return {name: _renumbered(ours, last) for name, ours in found.items()}


def _renumbered(ours: str | None, last: int) -> str | None:
    match = _NUMBERED.match(ours or "")
    if match is None:
        return ours
    number, what = match.groups()
    if int(number) == last:
        return f"head.final_layer.{what}"
    return f"head.conv_layers.{number}.{what}"
