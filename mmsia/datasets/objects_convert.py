"""Objects of Pascal3D+ and ObjectNet3D `.mat` files as entries of COCO files.

Both count pixels from 1; entries count from 0. A keypoint that is not seen has no
location there: its v is 0 here, that of a seen one 2.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from mmsia.datasets.object_annotations import FLAGS
from mmsia.datasets.object_skeletons import find_skeleton
from mmsia.errors import DataError

SEEN = 1
"""Status of an anchor whose location counts."""


def category_of(name: str, number: int, models: Path) -> dict[str, Any]:
    """COCO's entry of a category: its keypoints, and links from our own tables.

    Args:
        name: The category.
        number: Its number in the file.
        models: The category's CAD file, which lists the names of keypoints.

    Raises:
        DataError: A file without such a list, or names that our table does not have.
    """
    listed = _listed_keypoints(name, models)
    skeleton = find_skeleton(name)
    strange = sorted(listed - set(skeleton.keypoints))
    if strange:
        raise DataError(
            f"keypoints of {name} in {models}",
            expected=f"some of {', '.join(skeleton.keypoints)}",
            got=", ".join(strange),
        )
    kept = [part for part in skeleton.keypoints if part in listed]
    # COCO counts from 1
    place = {part: position for position, part in enumerate(kept, start=1)}
    pairs = [[skeleton.keypoints[end] for end in link] for link in skeleton.links]
    return {
        "id": number,
        "name": name,
        "supercategory": "object",
        "keypoints": kept,
        "skeleton": [
            [place[a], place[b]] for a, b in pairs if a in place and b in place
        ],
    }


def _listed_keypoints(name: str, models: Path) -> set[str]:
    entries = _load(models, name)
    first = entries[0] if isinstance(entries, (list, np.ndarray)) else entries
    try:
        return {str(part) for part in np.atleast_1d(first["pnames"])}
    except (KeyError, TypeError, IndexError) as error:
        raise DataError(
            f"models of {name} in {models}",
            expected="names of keypoints in `pnames`",
            got="none",
        ) from error


def read_objects(path: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """The objects of an image that belong to some categories.

    Args:
        path: The image's `.mat`.
        names: Of the categories.

    Returns:
        For each object `class`, `bbox` (x, y, w, h), `flags` and `anchors`: name of a
        keypoint -> (x, y) of those that are seen.

    Raises:
        DataError: A file that cannot be read or lacks something.
    """
    record = _load(path, "record")
    try:
        listed = record["objects"]
        entries = [listed] if isinstance(listed, dict) else list(listed)
        return [_object(entry) for entry in entries if entry["class"] in names]
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise DataError(
            f"objects of {path}",
            expected="`class`, `bbox`, flags and `anchors` of each",
            got=f"{type(error).__name__}: {error}",
        ) from error


def entry_of(found: Mapping[str, Any], category: Mapping[str, Any]) -> dict[str, Any]:
    """COCO's entry of an object, without its numbers.

    Args:
        found: An object of `read_objects`.
        category: Its entry of `category_of`.

    Raises:
        DataError: An anchor that is no keypoint of the category.
    """
    parts, anchors = category["keypoints"], found["anchors"]
    strange = sorted(set(found["names"]) - set(parts))
    if strange:
        raise DataError(
            f"keypoints of a {category['name']}",
            expected=f"some of {', '.join(parts)}",
            got=", ".join(strange),
        )
    flat = [
        value
        for part in parts
        for value in ((*anchors[part], 2) if part in anchors else (0.0, 0.0, 0))
    ]
    return {
        "category_id": category["id"],
        "bbox": found["bbox"],
        "area": found["bbox"][2] * found["bbox"][3],
        "iscrowd": 0,
        "segmentation": [],
        "keypoints": flat,
        "num_keypoints": len(anchors),
        **found["flags"],
    }


def _object(entry: Mapping[str, Any]) -> dict[str, Any]:
    x1, y1, x2, y2 = (float(value) for value in np.ravel(entry["bbox"]))
    listed = entry.get("anchors", {})
    anchors = listed if isinstance(listed, dict) else {}
    seen = {
        name: [float(value) - 1 for value in np.ravel(anchor["location"])]
        for name, anchor in anchors.items()
        if np.size(anchor["location"]) == 2 and _number(anchor["status"]) == SEEN
    }
    numbers = [x1, y1, x2, y2, *(value for point in seen.values() for value in point)]
    if not np.isfinite(numbers).all():
        raise ValueError("a box or a location that is no number")
    return {
        "class": str(entry["class"]),
        # paper silent: width as in StarMap's evaluation, the corners' difference.
        "bbox": [x1 - 1, y1 - 1, x2 - x1, y2 - y1],
        "flags": {flag: int(bool(_number(entry.get(flag, 0)))) for flag in FLAGS},
        "names": list(anchors),
        "anchors": seen,
    }


def _number(value: Any) -> float:
    """MATLAB's number; an empty one is 0."""
    return float(np.ravel(value)[0]) if np.size(value) else 0.0


def _load(path: Path, name: str) -> Any:
    try:
        return loadmat(path, variable_names=[name], simplify_cells=True)[name]
    # scipy has no one family of errors for damaged files.
    except (
        OSError,
        KeyError,
        ValueError,
        TypeError,
        NotImplementedError,
        zlib.error,
        MatReadError,
    ) as error:
        raise DataError(
            f"{path}",
            expected=f"a whole MATLAB 5 file with `{name}`",
            got=f"{type(error).__name__}: {error}",
            remedy="Unpack it again.",
        ) from error
