"""COCO mask files: what is read, and what is refused with which words."""

from __future__ import annotations

import json

import pytest

from mmsia.datasets.coco_masks import load_coco_masks
from mmsia.datasets.simulated.crowds import simulate_crowds
from mmsia.errors import DataError


@pytest.fixture
def dataset():
    return simulate_crowds(4, seed=3)


def written(folder, dataset):
    path = folder / "made.json"
    path.write_text(json.dumps(dataset))
    return path


def test_people_are_kept_and_counted(dataset, tmp_path):
    for person in dataset["annotations"]:
        del person["iscrowd"]
    dataset["annotations"][0]["iscrowd"] = 1
    dataset["annotations"].append({"id": 0, "category_id": 2})
    truth = load_coco_masks(written(tmp_path, dataset))
    people = dataset["annotations"][:-1]
    assert sum(truth.num_people.values()) == len(people) - 1
    assert len(truth.dataset["annotations"]) == len(people)
    assert [a["iscrowd"] for a in truth.dataset["annotations"]][:2] == [1, 0]
    image = dataset["images"][2]
    assert truth.sizes[image["id"]] == [image["height"], image["width"]]


def test_real_people(samples):
    mini = samples / "coco_mini/annotations"
    truth = load_coco_masks(mini / "instances_val2017.json")
    assert sum(truth.num_people.values()) == 57


@pytest.mark.parametrize(
    "change",
    [
        {"segmentation": None},
        {"segmentation": []},
        {"segmentation": [[1, 2, 3, 4]]},
        {"segmentation": [[1, 2, 3, 4, 5, "6"]]},
        {"segmentation": {"size": [3, 3], "counts": [9]}},
        {"area": None},
        {"image_id": 99},
        {"id": 0},
        {"id": 2},
    ],
)
def test_people_that_cannot_be_scored_on(dataset, tmp_path, change):
    dataset["annotations"][0].update(change)
    with pytest.raises(DataError, match=r"annotation .*made\.json"):
        load_coco_masks(written(tmp_path, dataset))


def test_files_that_are_none(tmp_path):
    with pytest.raises(DataError, match="no annotation file"):
        load_coco_masks(tmp_path / "none.json")
    with pytest.raises(DataError, match="not a COCO annotation file"):
        load_coco_masks(written(tmp_path, {"images": []}))
