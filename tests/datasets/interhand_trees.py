"""Trees of simulated hands as InterHand2.6M lies on disk, to be altered by tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmsia.datasets.interhand_annotations import annotation_path


def alter(
    tree: Path, kind: str, change: Callable[[Any], Any], split: str = "train"
) -> None:
    """Change an annotation file: in place, or what `change` returns is written."""
    path = annotation_path(tree, split, kind)
    content = json.loads(path.read_text())
    changed = change(content)
    path.write_text(json.dumps(content if changed is None else changed))


def moment(tree: Path, row: int, split: str = "train") -> tuple[str, str]:
    """Capture and frame of the image in a row of the data file."""
    data = json.loads(annotation_path(tree, split, "data").read_text())
    image = data["images"][row]
    return str(image["capture"]), str(image["frame_idx"])


def contents(folder: Path) -> dict[str, bytes]:
    """What a data folder holds, but for the cache of digests."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".digests.npz"
    }
