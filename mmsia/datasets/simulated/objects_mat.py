"""Objects in the MATLAB structures of Pascal3D+ and ObjectNet3D.

    Pascal3D+: Images/<class>_pascal/<id>.jpg, Annotations/<class>_pascal/<id>.mat,
    CAD/<class>.mat, PASCAL/VOCdevkit/VOC2012/ImageSets/Main/<class>_<split>.txt
    ObjectNet3D: Images/<id>.JPEG, Annotations/<id>.mat, CAD/mat/<class>.mat,
    Image_sets/<split>.txt

As in the originals, an image of Pascal3D+ lies with each class that it shows, where
objects of other classes have neither viewpoint nor anchors; pixels count from 1, boxes
and principal points too; a keypoint that is not seen has no location, its status tells
why. `cad_index` counts from 1, faces count vertices from 1.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.io

from mmsia.datasets.origin import MAT_HEADER
from mmsia.datasets.simulated.objects_categories import (
    CATEGORIES,
    OTHER_MODELS,
    TRAINING_MODELS,
    cad_model,
)
from mmsia.datasets.simulated.objects_scene import VISIBLE, Thing

_EMPTY = np.zeros((0, 0))
_MODEL_DECIMALS = 6


def annotation_mat(
    things: Sequence[Thing],
    size: tuple[int, int],
    filename: str,
    database: str,
    only: str | None = None,
) -> bytes:
    """The annotation file of an image.

    Args:
        things: Its objects.
        size: (w, h) of the image.
        filename: Name of the image's file.
        database: Name of the data set.
        only: Category whose objects get viewpoint and anchors; all if None.
    """
    width, height = size
    record = {
        "folder": "VOC2012",
        "filename": filename,
        "source": {"database": database, "annotation": database, "image": "mmsia"},
        "size": {"width": width, "height": height, "depth": 3},
        "segmented": 0,
        "imgname": filename,
        "imgsize": [width, height, 3],
        "database": database,
        "objects": _structs([_object(thing, only) for thing in things]),
    }
    return _mat({"record": _structs([record])})


def cad_mat(name: str) -> bytes:
    """The file of a category's models: vertices, faces and keypoints of each."""
    category = CATEGORIES[name]
    pnames = np.empty((1, len(category.keypoints)), dtype=object)
    pnames[0, :] = category.keypoints
    models = []
    for number in range(TRAINING_MODELS + OTHER_MODELS):
        model = cad_model(name, number)
        places, index = _shared(np.round(model.vertices, _MODEL_DECIMALS))
        points = {
            key: point[None]
            for key, point in zip(category.keypoints, model.keypoints, strict=True)
        }
        faces = (index[model.faces] + 1).astype(np.float64)
        models.append({"vertices": places, "faces": faces, "pnames": pnames} | points)
    return _mat({name: _structs(models)})


def _object(thing: Thing, only: str | None) -> dict[str, Any]:
    annotated = only is None or thing.category.name == only
    low_x, low_y, high_x, high_y = (value + 1 for value in thing.box)
    return {
        "class": thing.category.name,
        "view": _EMPTY,
        "truncated": int(thing.truncated),
        "occluded": int(thing.occluded),
        "difficult": int(thing.difficult),
        "bbox": [low_x, low_y, high_x, high_y],
        "bndbox": {"xmin": low_x, "ymin": low_y, "xmax": high_x, "ymax": high_y},
        "cad_index": thing.cad_index + 1 if annotated else _EMPTY,
        "viewpoint": _structs([_viewpoint(thing)]) if annotated else _EMPTY,
        "anchors": _structs([_anchors(thing)]) if annotated else _EMPTY,
    }


def _viewpoint(thing: Thing) -> dict[str, Any]:
    view = thing.viewpoint
    return {
        "azimuth_coarse": float(round(view.azimuth / 15) * 15 % 360),
        "elevation_coarse": float(round(view.elevation / 15) * 15),
        "azimuth": view.azimuth,
        "elevation": view.elevation,
        "distance": view.distance,
        "focal": view.focal,
        "px": view.px + 1,
        "py": view.py + 1,
        "theta": view.theta,
        "error": 0.0,
        "interval_azimuth": 5.0,
        "interval_elevation": 5.0,
        "num_anchor": float((thing.status == VISIBLE).sum()),
        "viewport": view.viewport,
    }


def _anchors(thing: Thing) -> dict[str, Any]:
    anchors = {}
    for name, point, status in zip(
        thing.category.keypoints, thing.keypoints, thing.status.tolist(), strict=True
    ):
        location = point[None] + 1 if status == VISIBLE else _EMPTY
        anchors[name] = _structs([{"location": location, "status": float(status)}])
    return anchors


def _shared(vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices that occur more than once, once; and where each has gone."""
    places, index = np.unique(vertices, axis=0, return_inverse=True)
    return places, index.reshape(-1)


def _structs(entries: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """A MATLAB struct array (1, N) of entries with the same fields."""
    names = list(entries[0]) if entries else ["class"]
    array = np.empty((1, len(entries)), dtype=[(name, object) for name in names])
    for number, entry in enumerate(entries):
        for name in names:
            value = entry[name]
            if isinstance(value, (list, int, float)):
                value = np.atleast_2d(np.asarray(value, dtype=np.float64))
            array[name][0, number] = value
    return array


def _mat(content: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, content, do_compression=True, oned_as="row")
    data = buffer.getvalue()
    # The time of day that MATLAB puts into its header has no place in a digest.
    return MAT_HEADER.encode().ljust(116) + data[116:]
