from __future__ import annotations

import json

import numpy as np
import pytest
from mmpose.registry import DATASETS

import mmsia.all  # noqa: F401, registers
from mmsia.errors import ConfigError, DataError


def write(path, images=4):
    """Image 1 has a person, 2 one without keypoints, 3 a crowd alone, 4 nobody."""
    seen, unseen = [20, 30, 2] * 17, [0, 0, 0] * 17
    shared = {"category_id": 1, "bbox": [5, 5, 40, 50], "area": 2000.0}
    polygon = [[5, 5, 45, 5, 45, 55, 5, 55]]
    people = [
        {"image_id": 1, "keypoints": seen, "num_keypoints": 17, "iscrowd": 0},
        {"image_id": 2, "keypoints": unseen, "num_keypoints": 0, "iscrowd": 0},
        {"image_id": 3, "keypoints": unseen, "num_keypoints": 0, "iscrowd": 1},
    ]
    stored = {
        "images": [
            {"id": i + 1, "file_name": f"{i + 1}.jpg", "width": 80, "height": 60}
            for i in range(images)
        ],
        "annotations": [
            {"id": i + 1, "segmentation": polygon, **shared, **person}
            for i, person in enumerate(people)
            if person["image_id"] <= images
        ],
        "categories": [{"id": 1, "name": "person"}],
    }
    path.write_text(json.dumps(stored))
    return path


def build(path, **options):
    return DATASETS.build(
        {"type": "CocoPeopleDataset", "ann_file": str(path), "pipeline": [], **options}
    )


@pytest.mark.parametrize(
    ("images", "test_mode", "expected"),
    [
        ("all", True, [1, 2, 3, 4]),
        ("people", True, [1, 2, 3]),
        ("annotated", True, [1]),
        ("annotated", False, [1]),
        ("people", False, [1, 2, 3]),
    ],
)
def test_selects_the_images_that_are_meant(tmp_path, images, test_mode, expected):
    dataset = build(write(tmp_path / "a.json"), images=images, test_mode=test_mode)
    ids = [dataset.get_data_info(i)["img_id"] for i in range(len(dataset))]
    assert ids == expected


def test_a_sample_is_mmposes_bottom_up_sample(tmp_path):
    dataset = build(write(tmp_path / "a.json"), images="annotated")
    info = dataset.get_data_info(0)
    assert info["keypoints"].shape == (1, 17, 2)
    assert np.array_equal(info["bbox"], [[5, 5, 45, 55]])
    assert [person["id"] for person in info["raw_ann_info"]] == [1]
    assert list(info["flip_indices"][:3]) == [0, 2, 1]


def test_a_selection_without_images_is_named(tmp_path):
    path = write(tmp_path / "a.json")
    stored = json.loads(path.read_text())
    stored["annotations"] = stored["annotations"][1:]
    path.write_text(json.dumps(stored))
    with pytest.raises(DataError, match=r"a\.json has no image to use.*'annotated'"):
        build(path, images="annotated")


def test_unknown_options_are_named(tmp_path):
    path = write(tmp_path / "a.json")
    with pytest.raises(ConfigError, match="one of all, people, annotated"):
        build(path, images="humans")
    with pytest.raises(ConfigError, match="data_mode"):
        build(path, data_mode="topdown")
