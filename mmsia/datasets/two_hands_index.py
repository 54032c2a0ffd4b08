"""The index of a split of prepared two-hand crops, and the truth that it vouches for.

    mano/MANO_{LEFT,RIGHT}.npz
    prepared/<split>.json
    prepared/<split>/{img/<i>.jpg,mask/<i>.png,dense/<i>.png,anno/<i>.npz}

The index has a list `images` as a COCO file: `id`, `file_name`, `width`, `height`, the
`sequence` that the frame is of, and the SHA-256 of the annotation. `hand_model` tells
whose meshes they are, so that crops of one hand model are never scored with another.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.datasets.hand_models import FILES, FOLDER, WHERE_FROM, read_hands
from mmsia.errors import DataError
from mmsia.files import read_json, sha256_file
from mmsia.ops.hand_mesh import HandModel
from mmsia.ops.hand_sets import SIDES

SCHEMA = 1


def hand_model_digest(models: Mapping[str, HandModel]) -> str:
    """SHA-256 of what decides meshes and joints, in single precision.

    Args:
        models: "left" and "right".
    """
    digest = hashlib.sha256()
    for side in SIDES:
        for name in ("v_template", "shapedirs", "posedirs", "J_regressor", "weights"):
            values = np.asarray(getattr(models[side], name), dtype="<f4")
            digest.update(np.ascontiguousarray(values).tobytes())
        digest.update(np.asarray(models[side].f, dtype="<i4").tobytes())
    return digest.hexdigest()


def index_entry(
    number: int, image: Mapping[str, Any], annotation: bytes, size: int
) -> dict[str, Any]:
    """The entry of a crop.

    Args:
        number: The crop's.
        image: The published entry of its frame, with `capture` and `seq_name`.
        annotation: Content of its npz.
        size: Side of the crop, pixels.
    """
    return {
        "id": number,
        "file_name": f"{number}.jpg",
        "width": size,
        "height": size,
        "sequence": f"Capture{image['capture']}/{image['seq_name']}",
        "sha256": hashlib.sha256(annotation).hexdigest(),
    }


def index_of(
    entries: Sequence[Mapping[str, Any]], models: Mapping[str, HandModel]
) -> dict[str, Any]:
    """The index of a split, `prepared/<split>.json`.

    Args:
        entries: As `index_entry`, in order of their numbers.
        models: "left" and "right" hand model that the meshes are of.
    """
    return {
        "schema": SCHEMA,
        "hand_model": hand_model_digest(models),
        "images": [dict(entry) for entry in entries],
    }


def read_index(path: Path) -> dict[str, Any]:
    """Read an index.

    Args:
        path: `prepared/<split>.json`.

    Raises:
        DataError: If it is missing or no index, or lists no crop or one twice.
    """
    if not path.is_file():
        raise DataError(
            f"{path} is missing",
            expected="the index of a split of prepared crops",
            got="nothing there",
            remedy="Set data_root to the folder that holds `prepared`; `mmsia prepare "
            "interhand26m` and `mmsia simulate twohands` write it.",
        )
    index = read_json(path)
    keys = {"id", "file_name", "width", "sequence", "sha256"}
    fine = isinstance(index, dict) and index.get("schema") == SCHEMA
    images = index.get("images") if fine else None
    if not isinstance(images, list) or any(keys - set(image) for image in images):
        raise DataError(f"{path}", expected=f"an index of crops, schema {SCHEMA}")
    numbers = [image["id"] for image in images]
    if not numbers or len(set(numbers)) < len(numbers):
        raise DataError(
            f"the crops in {path}",
            expected="one at least, each with a number of its own",
            got=f"{len(numbers)} with {len(set(numbers))} numbers",
        )
    return index


def hands_of(path: Path, index: Mapping[str, Any]) -> dict[str, HandModel]:
    """The hand models that the crops of an index are of.

    They lie below the data folder; crops of the stand-in hand need none.

    Args:
        path: The index.
        index: Its content.

    Raises:
        DataError: If they are not there, or are others.
    """
    folder = path.parent.parent / FOLDER
    there = all((folder / name).is_file() for name in FILES.values())
    models = read_hands(folder if there else None)
    expect_hands(path, index, models, str(folder) if there else None)
    return models


def expect_hands(
    path: Path,
    index: Mapping[str, Any],
    models: Mapping[str, HandModel],
    folder: str | None,
) -> None:
    """Refuse hand models that the crops of an index are not of.

    Args:
        path: The index.
        index: Its content.
        models: "left" and "right".
        folder: Where they were read; None for the stand-in hand.

    Raises:
        DataError: If the crops are of others.
    """
    if hand_model_digest(models) != index.get("hand_model"):
        own = path.parent.parent / FOLDER
        raise DataError(
            f"the crops of {path} were prepared with another hand model",
            expected=f"that model, such as in {own}",
            got="the stand-in hand" if folder is None else f"what lies in {folder}",
            remedy=f"Set hands='{own}' in the config, as `--data-root` does. "
            f"{WHERE_FROM}",
        )


@dataclass(frozen=True)
class TwoHandsTruth:
    """True meshes of a split's crops.

    Attributes:
        path: The index.
        digest: Its SHA-256, which vouches for all annotations.
        ids: (N,) numbers of the crops.
        sequences: (N,) what each frame is of.
        vertices: (N, 2, 778, 3) metres in the camera's frame, left hand first.
        cameras: (N, 3, 3) intrinsics of the crops, pixels.
        size: Side of the crops, pixels.
        models: "left" and "right".
    """

    path: Path
    digest: str
    ids: np.ndarray
    sequences: np.ndarray
    vertices: np.ndarray
    cameras: np.ndarray
    size: int
    models: Mapping[str, HandModel]

    def rows_of(self, ids: Sequence[int]) -> np.ndarray:
        """Rows of some crops, in the order of the index.

        Args:
            ids: Their numbers.
        """
        return np.flatnonzero(np.isin(self.ids, np.asarray(list(ids), dtype=np.int64)))


def load_two_hands(path: Path) -> TwoHandsTruth:
    """Read the truth of a split and check it against its index.

    Args:
        path: `prepared/<split>.json`.

    Raises:
        DataError: As `read_index` and `hands_of`, or an annotation that is missing,
            altered or damaged.
    """
    index = read_index(path)
    models = hands_of(path, index)
    folder = path.with_suffix("") / "anno"
    found = [_annotation(folder, image) for image in index["images"]]
    return TwoHandsTruth(
        path=path,
        digest=sha256_file(path),
        ids=np.array([image["id"] for image in index["images"]], dtype=np.int64),
        sequences=np.array([image["sequence"] for image in index["images"]]),
        vertices=np.stack([vertices for vertices, _ in found]),
        cameras=np.stack([camera for _, camera in found]),
        size=int(index["images"][0]["width"]),
        models=models,
    )


def _annotation(
    folder: Path, image: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """(2, 778, 3) vertices and (3, 3) intrinsics of a crop."""
    path = folder / f"{image['id']}.npz"
    if not path.is_file():
        raise DataError(f"{path}", expected="the crop's annotation", got="no such file")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != image["sha256"]:
        raise DataError(
            f"{path} is not what its index says",
            expected=f"SHA-256 {image['sha256']}",
            got="another one",
            remedy="Prepare the split again.",
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        vertices = np.stack([stored[f"{side}_vertices"] for side in SIDES])
        return vertices.astype(np.float64), stored["camera_camera"].astype(np.float64)
