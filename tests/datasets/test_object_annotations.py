"""Objects of an annotation file as arrays; what is no such file is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmsia.datasets.object_annotations import load_object_annotations
from mmsia.datasets.simulated.objects import write_objects
from mmsia.errors import DataError

CATEGORIES = [
    {"id": 1, "name": "car", "keypoints": ["a", "b"], "skeleton": [[1, 2]]},
    {"id": 4, "name": "bus", "keypoints": ["a", "b", "c"]},
]


def stored() -> dict[str, Any]:
    def entry(number: int, category: int, points: list, **flags: int) -> dict:
        return {
            "id": number,
            "image_id": 7,
            "category_id": category,
            "bbox": [1, 2, 10, 20],
            "keypoints": points,
        } | flags

    return {
        "images": [{"id": 7, "file_name": "7.jpg"}],
        "categories": CATEGORIES,
        "annotations": [
            entry(1, 1, [3, 4, 2, 5, 6, 0]),
            entry(2, 4, [3, 4, 1, 5, 6, 2, 7, 8, 2], truncated=1),
            entry(3, 1, [0, 0, 0, 0, 0, 0]),
        ],
    }


def write(folder: Path, content: Any) -> Path:
    path = folder / "objects.json"
    path.write_text(json.dumps(content))
    return path


def test_arrays_by_hand(tmp_path: Path) -> None:
    found = load_object_annotations(write(tmp_path, stored()))
    assert found.categories == {1: "car", 4: "bus"}
    assert found.links == {1: ((0, 1),), 4: ()}
    assert found.ids.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(found.keypoints[0], [[3, 4], [5, 6], [0, 0]])
    assert found.labelled.tolist() == [[True, False, False], [True] * 3, [False] * 3]
    np.testing.assert_array_equal(found.boxes[0], [1, 2, 11, 22])
    assert found.flags["truncated"].tolist() == [False, True, False]
    assert not found.flags["occluded"].any()
    assert found.rows_of([7], ["car", "bus"]).tolist() == [0, 1]
    assert found.rows_of([7], ["bus"]).tolist() == [1]
    assert found.rows_of([7], ["car", "bus"], ["truncated"]).tolist() == [0]
    assert found.rows_of([8], ["car"]).tolist() == []


def test_simulated_objects_are_such_a_file(tmp_path: Path) -> None:
    write_objects(tmp_path, 6, 0, preset="smoke", split="test")
    path = tmp_path / "annotations" / "objects_test.json"
    found = load_object_annotations(path)
    raw = json.loads(path.read_text())
    assert found.num_images == 6
    assert len(found.ids) == len(raw["annotations"])
    assert found.labelled.sum() == sum(a["num_keypoints"] for a in raw["annotations"])
    hidden = [a["id"] for a in raw["annotations"] if a["seen_share"] < 0.85]
    assert found.ids[found.flags["occluded"]].tolist() == hidden


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d.pop("categories"), "categories"),
        (lambda d: d["annotations"].clear(), "0 objects"),
        (lambda d: d["annotations"][0].update(id=2), "3 objects, 2 numbers"),
        (lambda d: d["annotations"][0].update(image_id=9), "1 images"),
        (lambda d: d["annotations"][0].update(keypoints=[1, 2, 2]), "1 keypoints"),
        (lambda d: d["annotations"][0].update(category_id=9), "KeyError"),
    ],
)
def test_other_structures_are_refused(tmp_path: Path, change: Any, named: str) -> None:
    content = stored()
    change(content)
    with pytest.raises(DataError, match=named):
        load_object_annotations(write(tmp_path, content))
