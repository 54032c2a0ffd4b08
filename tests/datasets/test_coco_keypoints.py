"""COCO keypoint files: what is read, and what is refused with which words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmsia.datasets.coco_keypoints import find_annotations, load_coco_keypoints
from mmsia.datasets.simulated.crowds import simulate_crowds
from mmsia.errors import DataError


def _written(folder: Path, dataset: Any) -> Path:
    path = folder / "made.json"
    path.write_text(json.dumps(dataset))
    return path


def test_records_hold_the_people_that_are_annotated(tmp_path: Path) -> None:
    dataset = simulate_crowds(5, seed=3)
    dataset["annotations"][0]["iscrowd"] = 1
    truth = load_coco_keypoints(_written(tmp_path, dataset))
    wanted = [a for a in dataset["annotations"] if a["num_keypoints"]][1:]
    assert len(truth.images) == 5
    assert sum(len(r.keypoints) for r in truth.images) == len(wanted)
    for record in truth.images:
        assert record.keypoints.shape == (len(record.boxes), 17, 3)
        assert record.areas.shape == record.annotation_ids.shape
    keypoints = np.concatenate([r.keypoints for r in truth.images]).reshape(-1, 51)
    np.testing.assert_array_equal(keypoints, [a["keypoints"] for a in wanted])


def test_images_without_visible_keypoints_are_not_annotated(tmp_path: Path) -> None:
    dataset = simulate_crowds(3, seed=3)
    for annotation in dataset["annotations"]:
        if annotation["image_id"] == 2:
            annotation.update(keypoints=[0] * 51, num_keypoints=0)
    truth = load_coco_keypoints(_written(tmp_path, dataset))
    assert [r.image_id for r in truth.annotated()] == [1, 3]
    assert not truth.is_full_val2017()


def test_real_sample_has_the_known_counts(samples: Path) -> None:
    path = samples / "coco_val_part" / "person_keypoints_val2017_part.json"
    truth = load_coco_keypoints(path)
    people = sum(len(record.keypoints) for record in truth.annotated())
    assert (len(truth.images), len(truth.annotated()), people) == (269, 240, 685)


def _drop_keypoints(dataset: dict) -> None:
    del dataset["annotations"][1]["keypoints"]


def _drop_names(dataset: dict) -> None:
    del dataset["categories"][0]["keypoints"]


def _orphan(dataset: dict) -> None:
    dataset["annotations"][2]["image_id"] = 99


def _duplicate_image(dataset: dict) -> None:
    dataset["images"].append(dict(dataset["images"][0]))


def _duplicate_annotation(dataset: dict) -> None:
    dataset["annotations"].append(dict(dataset["annotations"][0]))


def _wrong_count(dataset: dict) -> None:
    dataset["annotations"][0]["keypoints"] = [1.0] * 48


def _wrong_flag(dataset: dict) -> None:
    dataset["annotations"][0]["keypoints"][2] = 7


def _text_number(dataset: dict) -> None:
    dataset["annotations"][0]["bbox"][0] = "12"


def _no_images(dataset: dict) -> None:
    dataset["images"].clear()


def _no_lists(dataset: dict) -> None:
    del dataset["annotations"]


def _zero_id(dataset: dict) -> None:
    dataset["annotations"][0]["id"] = 0


def _zero_size(dataset: dict) -> None:
    dataset["images"][0]["height"] = 0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_drop_keypoints, "'keypoints' of annotation 2 .* expected 51 numbers"),
        (_drop_names, "no person keypoints.* 17 keypoint names, got 0"),
        (_orphan, "annotation 3 .* image that the file does not list.* got 99"),
        (_duplicate_image, "image id 1 .* got a duplicate"),
        (_duplicate_annotation, "annotation id 1 .* got a duplicate"),
        (_wrong_count, "expected 51 numbers, got 48"),
        (_wrong_flag, "visibility in annotation 1 .* expected 0, 1 or 2"),
        (_text_number, "'bbox' of annotation 1 .* finite numbers, got '12'"),
        (_no_images, "names no images"),
        (_no_lists, "not a COCO annotation file"),
        (_zero_id, "ids that are not 0"),
        (_zero_size, "image 1 .* no usable size"),
    ],
)
def test_damaged_files_are_refused(
    tmp_path: Path, damage: Callable[[dict], None], words: str
) -> None:
    dataset = simulate_crowds(3, seed=3)
    damage(dataset)
    path = _written(tmp_path, dataset)
    with pytest.raises(DataError, match=words) as caught:
        load_coco_keypoints(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e999])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    dataset = simulate_crowds(2, seed=3)
    dataset["annotations"][0]["keypoints"][0] = value
    with pytest.raises(DataError, match="finite numbers"):
        load_coco_keypoints(_written(tmp_path, dataset))


def test_an_overflowing_number_is_refused(tmp_path: Path) -> None:
    dataset = simulate_crowds(2, seed=3)
    dataset["annotations"][0]["area"] = 12345.5
    path = tmp_path / "made.json"
    path.write_text(json.dumps(dataset).replace("12345.5", "1e999"))
    with pytest.raises(DataError, match=r"'area' of annotation 1 .* finite"):
        load_coco_keypoints(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = _written(tmp_path, simulate_crowds(2, seed=3))
    path.write_text(path.read_text()[:-500])
    with pytest.raises(DataError, match="usable JSON"):
        load_coco_keypoints(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no annotation file at .*absent\.json"):
        load_coco_keypoints(tmp_path / "absent.json")


def test_a_data_root_is_searched_and_the_missing_file_named(tmp_path: Path) -> None:
    wanted = tmp_path / "coco" / "annotations" / "person_keypoints_val2017.json"
    with pytest.raises(DataError) as caught:
        find_annotations(tmp_path)
    assert str(wanted) in str(caught.value)
    wanted.parent.mkdir(parents=True)
    wanted.write_text("{}")
    assert find_annotations(tmp_path) == wanted
