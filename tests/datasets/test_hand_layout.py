from __future__ import annotations

import numpy as np
import pytest

from mmsia.datasets.hand_layout import (
    Hand,
    check_keypoints,
    image_size,
    list_images,
    write_hands_file,
)
from mmsia.errors import DataError
from mmsia.files import read_json


def hand(name, **more):
    points = np.zeros((21, 3))
    points[:3] = [[10, 20, 1], [40, 25, 1], [30, 60, 1]]
    return Hand(file_name=name, size=(64, 48), keypoints=points, **more)


def test_an_entry_worked_by_hand(tmp_path):
    path = tmp_path / "a" / "hands.json"
    hands = [hand("b.jpg", left=True), hand("a.jpg", sequence="data_3")]
    assert write_hands_file(path, iter(hands), "Some") == 2
    stored = read_json(path)
    assert stored["images"] == [
        {
            "id": 1,
            "file_name": "a.jpg",
            "width": 64,
            "height": 48,
            "sequence": "data_3",
        },
        {"id": 2, "file_name": "b.jpg", "width": 64, "height": 48},
    ]
    first, second = stored["annotations"]
    assert first["bbox"] == [10, 20, 30, 40]
    assert (first["area"], first["num_keypoints"], first["image_id"]) == (1200, 3, 1)
    assert first["keypoints"][:9] == [10, 20, 1, 40, 25, 1, 30, 60, 1]
    assert len(first["keypoints"]) == 63 and "hand_type" not in first
    assert second["hand_type"] == "left"
    category = stored["categories"][0]
    assert category["keypoints"][::4] == [
        "wrist",
        "thumb4",
        "forefinger4",
        "middle_finger4",
        "ring_finger4",
        "pinky_finger4",
    ]
    assert category["skeleton"][3:6] == [[4, 5], [1, 6], [6, 7]]


def test_a_file_that_is_there_stays(tmp_path):
    path = tmp_path / "hands.json"
    path.write_text("mine")
    with pytest.raises(DataError, match="there already"):
        write_hands_file(path, [hand("a.jpg")], "")
    assert path.read_text() == "mine"


def test_nothing_to_write_is_an_error(tmp_path):
    with pytest.raises(DataError, match="hands to write"):
        write_hands_file(tmp_path / "hands.json", [], "")
    bare = Hand(file_name="a.jpg", size=(4, 4), keypoints=np.zeros((21, 3)))
    with pytest.raises(DataError, match=r"labels of a\.jpg"):
        write_hands_file(tmp_path / "hands.json", [bare], "")
    assert not list(tmp_path.iterdir())


def test_labels_are_checked_and_made_plain():
    values = np.full((21, 3), 2.0)
    values[4] = [np.nan, 7, 0]
    points = check_keypoints(values.tolist(), "x")
    assert points[4].tolist() == [0, 0, 0]
    assert points[5].tolist() == [2, 2, 1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (None, "no such array|an array of"),
        ([[1, 2, 3]] * 20, r"an array of \(20, 3\)"),
        ([[1, 2, 3], [1, 2]], "no such array"),
        ([["x", 2, 3]] * 21, "no such array"),
        ([[float("inf"), 2, 1]] * 21, "expected numbers"),
    ],
)
def test_bad_labels_are_named(values, message):
    with pytest.raises(DataError, match=rf"labels of x.*({message})"):
        check_keypoints(values, "x")


def test_missing_images_are_named(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        list_images(tmp_path / "imgs", "*.jpg")
    with pytest.raises(DataError, match="no such file"):
        list_images(tmp_path, "*.jpg")
    (tmp_path / "a.jpg").write_bytes(b"no image")
    with pytest.raises(DataError, match="expected an image"):
        image_size(list_images(tmp_path, "*.jpg")[0])
