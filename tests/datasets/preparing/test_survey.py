"""Counts of an annotation file, and images that are missing or end early."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmsia.datasets.preparing.pieces import Expected
from mmsia.datasets.preparing.survey import check_images, differences, survey
from mmsia.errors import DataError


def quiet(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def test_counts_worked_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    people = [
        {"image_id": 1, "keypoints": [1, 1, 2, 0, 0, 0, 5, 5, 1]},
        {"image_id": 1, "keypoints": [0, 0, 0]},
        {"image_id": 3},
        {"image_id": 2, "keypoints": [4, 4, 2]},
    ]
    images = [{"file_name": f"{i}.jpg"} for i in (1, 2, 3)]
    path.write_text(json.dumps({"images": images, "annotations": people}))
    found = survey(path)
    assert found.images == ["1.jpg", "2.jpg", "3.jpg"]
    assert found.counts == {
        "images": 3,
        "annotated_images": 2,
        "instances": 4,
        "labelled_keypoints": 3,
        "visible_keypoints": 2,
    }
    expected = Expected(file="x.json", counts={"images": 3, "instances": 5}, source="S")
    assert differences(found.counts, expected) == ["4 instances, not 5 (S)"]


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"images": [{}]}', '{"images": [], "annotations": [{}]}']
)
def test_other_files_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(DataError, match=r"x\.json: expected images with"):
        survey(tmp_path / "x.json")


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"images": [{"file_name": "a')
    with pytest.raises(DataError, match=r"x\.json is not a usable JSON.*whole JSON"):
        survey(tmp_path / "x.json")


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_images_that_end_early_are_named(tmp_path: Path, ending: str) -> None:
    rng = np.random.default_rng(0)
    names = [f"{i}.{ending}" for i in range(6)]
    for name in names:
        noise = rng.integers(0, 255, (90, 120, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / name), noise)
    check_images(tmp_path, names, tmp_path / "x.json", quiet)
    data = (tmp_path / names[1]).read_bytes()
    (tmp_path / names[1]).write_bytes(data[: len(data) // 2])
    (tmp_path / names[2]).write_bytes(b"")
    (tmp_path / names[4]).unlink()
    # bytes behind the end do no harm
    (tmp_path / names[5]).write_bytes((tmp_path / names[5]).read_bytes() + b"\0" * 9000)
    with pytest.raises(DataError) as caught:
        check_images(tmp_path, names, tmp_path / "x.json", quiet)
    assert f"1 missing: 4.{ending}; 2 damaged: 1.{ending}, 2.{ending}. " in str(
        caught.value
    )
