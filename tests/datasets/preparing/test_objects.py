"""Pascal3D+'s and ObjectNet3D's files by hand: counted from 1, joined, refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from mmsia.datasets.object_skeletons import PASCAL3D, find_skeleton
from mmsia.datasets.objects_convert import category_of, read_objects
from mmsia.datasets.preparing import objects
from mmsia.datasets.preparing.objects import (
    convert_objectnet3d_folder,
    convert_pascal3d_folder,
)
from mmsia.errors import DataError
from mmsia.files import read_json

NOTHING = np.zeros((0, 0))
LISTS = "PASCAL/VOCdevkit/VOC2012/ImageSets/Main"


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def thing(name: str, box: list[float], seen: dict[str, list[float]] | None, **flags):
    """An object; `seen` None: one that is not annotated."""
    anchors: Any = NOTHING
    if seen is not None:
        anchors = {
            part: {"location": np.array(seen.get(part, [])), "status": 1.0}
            if part in seen
            else {"location": NOTHING, "status": 2.0}
            for part in find_skeleton(name).keypoints
        }
    base = {"truncated": 0, "occluded": NOTHING, "difficult": 0, **flags}
    return {"class": name, "bbox": np.array(box), "anchors": anchors, **base}


def write(path: Path, *things: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.empty(len(things), dtype=object)
    array[:] = things
    savemat(path, {"record": {"objects": array if len(things) > 1 else things[0]}})


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(f"{path}.jpg", np.zeros((50, 80, 3), np.uint8))
    Path(f"{path}.jpg").rename(path)


def models(folder: Path, names: tuple[str, ...]) -> None:
    folder.mkdir(parents=True)
    for name in names:
        parts = np.array(find_skeleton(name).keypoints, dtype=object)
        savemat(folder / f"{name}.mat", {name: {"pnames": parts}})


@pytest.fixture
def pascal(tmp_path: Path) -> Path:
    """An image with a car and a bus, which lies twice, and one of ImageNet."""
    models(tmp_path / "CAD", PASCAL3D)
    car = {"left_front_wheel": [11.0, 21.0], "left_back_wheel": [31.5, 22.5]}
    bus = {"left_front_wheel": [61.0, 41.0]}
    for name in ("bus", "car"):
        stem = f"{name}_pascal/2008_000001"
        picture(tmp_path / "Images" / f"{stem}.jpg")
        write(
            tmp_path / "Annotations" / f"{stem}.mat",
            thing("car", [5, 6, 35, 46], car if name == "car" else None, truncated=1),
            thing("bus", [41, 7, 71, 47], bus if name == "bus" else None),
            thing("person", [1, 1, 2, 2], None) | {"class": "person"},
        )
        path = tmp_path / LISTS / f"{name}_train.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        # the last one is listed, and nobody annotated it
        path.write_text("2008_000001  1\n2008_000002 -1\n2008_000003  0\n")
    stem = "car_imagenet/n02814533_1"
    picture(tmp_path / "Images" / f"{stem}.JPEG")
    write(tmp_path / "Annotations" / f"{stem}.mat", thing("car", [1, 1, 9, 9], {}))
    (tmp_path / "Image_sets").mkdir()
    (tmp_path / "Image_sets" / "car_imagenet_val.txt").write_text("n02814533_1\n")
    return tmp_path


def test_pascal3d_by_hand(pascal: Path) -> None:
    (path,) = convert_pascal3d_folder(pascal, 1, quiet)
    assert path == pascal / "annotations" / "objects_train.json"
    stored = read_json(path)
    assert [(i["file_name"], i["width"], i["height"]) for i in stored["images"]] == [
        ("Images/car_imagenet/n02814533_1.JPEG", 80, 50),
        ("Images/bus_pascal/2008_000001.jpg", 80, 50),
    ]
    names = {entry["id"]: entry for entry in stored["categories"]}
    assert len(names) == 12
    other, *pair = stored["annotations"]
    assert other["num_keypoints"] == 0 and other["image_id"] == 1
    # each file tells of its own class; person is none of the twelve
    told = [(names[a["category_id"]]["name"], a["num_keypoints"]) for a in pair]
    assert told == [("bus", 1), ("car", 2)]
    car = next(a for a in pair if names[a["category_id"]]["name"] == "car")
    assert car["bbox"] == [4, 5, 30, 40] and car["area"] == 1200
    assert (car["truncated"], car["occluded"], car["difficult"]) == (1, 0, 0)
    parts = names[car["category_id"]]["keypoints"]
    points = dict(
        zip(parts, np.reshape(car["keypoints"], (-1, 3)).tolist(), strict=True)
    )
    assert points["left_front_wheel"] == [10, 20, 2]
    assert points["left_back_wheel"] == [30.5, 21.5, 2]
    assert points["right_front_wheel"] == [0, 0, 0]
    skeleton = names[car["category_id"]]["skeleton"]
    assert [1, 2] in skeleton and len(skeleton) == len(find_skeleton("car").links)


def test_an_annotation_without_its_image_is_named(pascal: Path) -> None:
    (pascal / "Images/car_pascal/2008_000001.jpg").unlink()
    with pytest.raises(DataError, match=r"has no image.*car_pascal/2008_000001\.jpg"):
        convert_pascal3d_folder(pascal, 1, quiet)
    assert not (pascal / "annotations").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_mat_is_named(pascal: Path, share: float) -> None:
    path = pascal / "Annotations/bus_pascal/2008_000001.mat"
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(DataError, match=r"bus_pascal/2008_000001\.mat"):
        convert_pascal3d_folder(pascal, 1, quiet)


def test_lists_without_annotated_images_are_an_error(pascal: Path) -> None:
    for path in pascal.rglob("*.txt"):
        path.unlink()
    with pytest.raises(DataError, match="annotated images of the parts"):
        convert_pascal3d_folder(pascal, 1, quiet)


def test_several_processes_read_the_same(
    pascal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = convert_pascal3d_folder(pascal, 1, quiet)
    alone = path.read_bytes()
    monkeypatch.setattr(objects, "_FEW", 0)
    monkeypatch.setattr(objects, "_CHUNK", 1)
    convert_pascal3d_folder(pascal, 2, quiet)
    assert path.read_bytes() == alone


@pytest.fixture
def objectnet(tmp_path: Path) -> Path:
    models(tmp_path / "CAD" / "mat", ("bed", "sofa"))
    (tmp_path / "Image_sets").mkdir()
    for number, part in enumerate(("train", "test", "test")):
        picture(tmp_path / "Images" / f"{number}.JPEG")
        bed = thing("bed", [1, 1, 11, 21], {"mattress1": [3.0, 4.0]})
        cup = thing("bed", [1, 1, 5, 5], None) | {"class": "cup"}
        write(tmp_path / "Annotations" / f"{number}.mat", *([cup, bed][number == 2 :]))
        with open(tmp_path / "Image_sets" / f"{part}.txt", "a") as file:
            file.write(f"{number}\n")
    write(tmp_path / "Annotations" / "1.mat", cup)
    return tmp_path


def test_objectnet3d_by_hand(objectnet: Path) -> None:
    paths = convert_objectnet3d_folder(objectnet, 1, quiet)
    assert [path.name for path in paths] == ["objects_train.json", "objects_test.json"]
    stored = read_json(paths[1])
    # image 1 has nothing of Table 5's categories
    assert [image["file_name"] for image in stored["images"]] == ["Images/2.JPEG"]
    (bed,) = stored["annotations"]
    assert bed["bbox"] == [0, 0, 10, 20] and bed["keypoints"][:3] == [2, 3, 2]
    assert [entry["name"] for entry in stored["categories"]] == ["bed", "sofa"]


def test_objects_without_models_are_named(objectnet: Path) -> None:
    (objectnet / "CAD/mat/bed.mat").unlink()
    with pytest.raises(DataError, match=r"0\.mat has objects without models.*bed"):
        convert_objectnet3d_folder(objectnet, 1, quiet)


def test_other_keypoints_than_our_table_are_named(tmp_path: Path) -> None:
    parts = np.array(["left_front_wheel", "antenna"], dtype=object)
    savemat(tmp_path / "car.mat", {"car": {"pnames": parts}})
    with pytest.raises(DataError, match=r"keypoints of car in .*got antenna"):
        category_of("car", 1, tmp_path / "car.mat")
    savemat(tmp_path / "car.mat", {"car": {"vertices": np.zeros((3, 3))}})
    with pytest.raises(DataError, match="names of keypoints in `pnames`"):
        category_of("car", 1, tmp_path / "car.mat")


def test_a_part_of_the_keypoints_keeps_its_links(tmp_path: Path) -> None:
    parts = np.array(["left_back_wheel", "left_front_wheel"], dtype=object)
    savemat(tmp_path / "car.mat", {"car": {"pnames": parts}})
    made = category_of("car", 3, tmp_path / "car.mat")
    assert made["keypoints"] == ["left_front_wheel", "left_back_wheel"]
    assert made["skeleton"] == [[1, 2]] and made["id"] == 3


def test_odd_records_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    write(path, {"class": "car"})
    with pytest.raises(DataError, match=r"objects of .*x\.mat"):
        read_objects(path, ["car"])
    write(path, thing("car", [1, 2, float("nan"), 4], {}))
    with pytest.raises(DataError, match="no number"):
        read_objects(path, ["car"])
    savemat(path, {"other": 1})
    with pytest.raises(DataError, match="with `record`"):
        read_objects(path, ["car"])
