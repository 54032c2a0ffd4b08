from __future__ import annotations

import numpy as np
import pytest

from mmsia.datasets.mpii_nzsl_convert import convert_mpii_nzsl
from mmsia.errors import DataError
from mmsia.files import read_json
from tests.datasets.hand_releases import SIZE, labels, mpii_nzsl


def test_both_folders_are_written(tmp_path):
    mpii_nzsl(tmp_path, num=3)
    assert convert_mpii_nzsl(tmp_path) == {"train": 3, "test": 3}
    for part in ("train", "test"):
        stored = read_json(tmp_path / "annotations" / f"mpii_nzsl_{part}.json")
        image, annotation = stored["images"][2], stored["annotations"][2]
        assert image["file_name"] == f"manual_{part}/000000002_01_l.jpg"
        assert (image["width"], image["height"]) == SIZE
        found = np.reshape(annotation["keypoints"], (21, 3))
        expected = np.column_stack([labels(2), np.ones(21)])
        expected[3] = 0
        np.testing.assert_array_equal(found, expected)
        assert annotation["num_keypoints"] == 20
        kinds = [a["hand_type"] for a in stored["annotations"]]
        assert kinds == ["right", "left", "right"]


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match=r"manual_train.*no such folder"):
        convert_mpii_nzsl(tmp_path)
    mpii_nzsl(tmp_path, num=2)
    path = tmp_path / "manual_train" / "000000001_01_l.json"
    path.write_text("{}")
    with pytest.raises(DataError, match=r"labels of .*000000001_01_l\.jpg"):
        convert_mpii_nzsl(tmp_path)
    path.write_text("[]")
    with pytest.raises(DataError, match="a dictionary"):
        convert_mpii_nzsl(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match=r"cannot read .*000000001_01_l\.json"):
        convert_mpii_nzsl(tmp_path)
