"""Images that speeds are measured on: real sizes, and exactly as many people."""

from __future__ import annotations

import json

import cv2
import pytest

from mmsia.bench.speed import street_images
from mmsia.bench.speed.street_images import NUM_BOXES, NUM_TRAIN, SIZES, write_images
from mmsia.errors import DataError


def _annotations(folder, split):
    path = folder / f"annotations/person_keypoints_{split}.json"
    return json.loads(path.read_text())


def test_every_image_to_test_on_has_as_many_people_with_keypoints(street) -> None:
    found = _annotations(street, "val")
    assert [(i["width"], i["height"]) for i in found["images"]] == list(SIZES)
    for image in found["images"]:
        people = [a for a in found["annotations"] if a["image_id"] == image["id"]]
        assert len(people) == NUM_BOXES == 20
        assert all(a["num_keypoints"] and not a["iscrowd"] for a in people)
        pixels = cv2.imread(str(street / "val" / image["file_name"]))
        assert pixels.shape[:2] == (image["height"], image["width"])


def test_images_to_train_on_are_there(street) -> None:
    found = _annotations(street, "train")
    assert len(found["images"]) == NUM_TRAIN == len(list((street / "train").iterdir()))
    assert len(found["annotations"]) == 3 * NUM_TRAIN


def test_too_few_people_are_told(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(street_images, "_CROWD", 3)
    monkeypatch.setattr(street_images, "_TRIES", 2)
    with pytest.raises(DataError, match="20 with keypoints who hardly overlap"):
        write_images(tmp_path, 0)
