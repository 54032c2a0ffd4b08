"""MATLAB files of objects, read the way the data sets' users read the originals."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import scipy.io

from mmsia.datasets.simulated import objects
from mmsia.datasets.simulated.objects_categories import (
    CATEGORIES,
    PASCAL_CATEGORIES,
    cad_model,
)
from mmsia.datasets.simulated.objects_mat import annotation_mat, cad_mat
from mmsia.datasets.simulated.objects_presets import OBJECTS
from mmsia.datasets.simulated.objects_scene import VISIBLE, Thing
from mmsia.datasets.simulated.objects_viewpoint import Viewpoint

MINI = OBJECTS["mini"]


@pytest.fixture(scope="module")
def pascal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pascal3d")
    objects.write_objects(folder, 12, 2, preset="mini", layout="pascal3d")
    return folder


@pytest.fixture(scope="module")
def objectnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("objectnet3d")
    objects.write_objects(folder, 14, 2, preset="mini", layout="objectnet3d")
    return folder


def _check_object(entry: np.void, thing: Thing) -> None:
    assert entry["class"][0] == thing.category.name
    np.testing.assert_allclose(entry["bbox"][0], np.array(thing.box) + 1)
    for name in ("truncated", "occluded", "difficult"):
        assert entry[name].shape == (1, 1)
    assert int(entry["cad_index"][0, 0]) == thing.cad_index + 1
    anchors = entry["anchors"][0][0]
    assert anchors.dtype.names == thing.category.keypoints
    for name, point, status in zip(
        thing.category.keypoints, thing.keypoints, thing.status, strict=True
    ):
        part = anchors[name][0][0]
        assert part["status"][0][0] == status
        if status == VISIBLE:
            np.testing.assert_allclose(part["location"][0], point + 1)
        else:
            assert len(part["location"]) == 0


def test_pascal_is_read_back(pascal: Path) -> None:
    for name in PASCAL_CATEGORIES:
        lists = pascal / "PASCAL/VOCdevkit/VOC2012/ImageSets/Main"
        lines = (lists / f"{name}_train.txt").read_text().splitlines()
        assert len(lines) == 12
        for index, line in enumerate(lines):
            stem, present = line.split()
            folder = pascal / f"Annotations/{name}_pascal"
            assert (folder / f"{stem}.mat").is_file() == (int(present) == 1)
            if int(present) != 1:
                continue
            made = objects.sample(2, index, MINI, "train", PASCAL_CATEGORIES)
            record = scipy.io.loadmat(folder / f"{stem}.mat")["record"]
            assert record["filename"][0][0][0] == f"{stem}.jpg"
            image = cv2.imread(str(pascal / f"Images/{name}_pascal/{stem}.jpg"))
            assert record["imgsize"][0][0][0].tolist() == [*image.shape[1::-1], 3]
            entries = record["objects"][0][0][0]
            assert len(entries) == len(made.things)
            for entry, thing in zip(entries, made.things, strict=True):
                if thing.category.name == name:
                    _check_object(entry, thing)
                else:
                    assert not entry["viewpoint"].size
                    assert not entry["anchors"].size


def test_objectnet_is_read_back(objectnet: Path) -> None:
    stems = (objectnet / "Image_sets/train.txt").read_text().splitlines()
    assert len(stems) == 14
    for index, stem in enumerate(stems):
        made = objects.sample(2, index, MINI)
        assert (objectnet / f"Images/{stem}.JPEG").is_file()
        record = scipy.io.loadmat(objectnet / f"Annotations/{stem}.mat")["record"]
        data = record["objects"][0][0]
        assert len(data["class"][0]) == len(made.things)
        for i, thing in enumerate(made.things):
            assert data["class"][0][i][0] == thing.category.name
            _check_object(record["objects"][0][0][0][i], thing)


def test_models_projected_by_what_is_read_land_on_the_anchors(objectnet: Path) -> None:
    checked = 0
    models = {
        name: scipy.io.loadmat(objectnet / f"CAD/mat/{name}.mat")[name][0]
        for name in CATEGORIES
    }
    for path in sorted((objectnet / "Annotations").glob("*.mat")):
        for entry in scipy.io.loadmat(path)["record"]["objects"][0][0][0]:
            read = entry["viewpoint"][0]
            names = (
                "azimuth",
                "elevation",
                "theta",
                "distance",
                "px",
                "py",
                "viewport",
            )
            view = Viewpoint(*(read[name][0][0][0] for name in names), focal=1.0)
            assert read["focal"][0][0][0] == 1
            cad = models[entry["class"][0]][int(entry["cad_index"][0, 0]) - 1]
            anchors = entry["anchors"][0][0]
            for name in anchors.dtype.names:
                location = anchors[name][0][0]["location"]
                if len(location):
                    pixel = view.project(cad[name][0])
                    np.testing.assert_allclose(pixel, location[0], atol=1e-6)
                    checked += 1
    assert checked > 100


@pytest.mark.parametrize("name", ["aeroplane", "train"])
def test_cad_files_hold_models_as_they_are(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.mat"
    path.write_bytes(cad_mat(name))
    models = scipy.io.loadmat(path)[name][0]
    assert len(models) == 72
    keys = [part[0] for part in models["pnames"][0][0]]
    assert keys == list(CATEGORIES[name].keypoints)
    for number in (0, 71):
        model, read = cad_model(name, number), models[number]
        faces = read["faces"].astype(int)
        assert faces.min() == 1
        assert faces.max() == len(read["vertices"])
        np.testing.assert_allclose(
            read["vertices"][faces - 1], model.vertices[model.faces], atol=1e-6
        )
        for key, point in zip(keys, model.keypoints, strict=True):
            np.testing.assert_array_equal(read[key][0], point)


def test_pck_of_what_is_read_is_100(pascal: Path) -> None:
    distances, limits = [], []
    for name in PASCAL_CATEGORIES:
        for path in sorted((pascal / f"Annotations/{name}_pascal").glob("*.mat")):
            index = int(path.stem.split("_")[1])
            made = objects.sample(2, index, MINI, "train", PASCAL_CATEGORIES)
            entries = scipy.io.loadmat(path)["record"]["objects"][0][0][0]
            for entry, thing in zip(entries, made.things, strict=True):
                if thing.category.name != name:
                    continue
                low_x, low_y, high_x, high_y = entry["bbox"][0]
                for key, point in zip(
                    thing.category.keypoints, thing.keypoints, strict=True
                ):
                    location = entry["anchors"][0][0][key][0][0]["location"]
                    if len(location):
                        distances.append(np.linalg.norm(location[0] - 1 - point))
                        limits.append(0.1 * max(high_x - low_x, high_y - low_y))
    assert len(distances) > 50
    assert (np.array(distances) <= np.array(limits)).mean() == 1
    assert max(distances) < 1e-9


def test_the_hour_is_not_in_the_file() -> None:
    made = objects.sample(0, 0, MINI)
    data = annotation_mat(made.things, MINI.size, "a.jpg", "PASCAL3D+")
    assert data[:116].rstrip() == b"MATLAB 5.0 MAT-file, simulated by mmsia"
