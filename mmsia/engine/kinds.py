"""Which of two libraries' parts a config means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def kind_of(part: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The type of a part; of MMDetection's, `mmdet.CocoDataset` and so on.

    Both libraries have a CocoDataset and a CocoMetric, told apart by the scope.

    Args:
        part: Config of a part, with `type`.
        config: The config that it is in.
    """
    kind = str(part.get("type"))
    scope = part.get("_scope_") or config.get("default_scope")
    return f"{scope}.{kind}" if scope == "mmdet" and "." not in kind else kind
