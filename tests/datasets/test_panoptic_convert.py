from __future__ import annotations

import json

import numpy as np
import pytest

from mmsia.datasets.panoptic_convert import convert_panoptic
from mmsia.errors import DataError
from mmsia.files import read_json
from tests.datasets.hand_releases import SIZE, labels, panoptic


def test_every_hand_of_the_release_is_written(tmp_path):
    panoptic(tmp_path)
    assert convert_panoptic(tmp_path) == 10
    stored = read_json(tmp_path / "annotations" / "panoptic_train.json")
    image = stored["images"][7]
    assert image["file_name"] == "hand143_panopticdb/imgs/00000007.jpg"
    assert (image["width"], image["height"]) == SIZE
    found = np.reshape(stored["annotations"][7]["keypoints"], (21, 3))
    np.testing.assert_array_equal(found, np.column_stack([labels(7), np.ones(21)]))


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*hands_v143_14817\.json"):
        convert_panoptic(tmp_path)
    path = panoptic(tmp_path)
    stored = read_json(path)
    del stored["root"][4]["joint_self"]
    path.write_text(json.dumps(stored))
    with pytest.raises(DataError, match=r"entry 4 of .*joint_self"):
        convert_panoptic(tmp_path)
    path.write_text("[]")
    with pytest.raises(DataError, match="a list of hands under"):
        convert_panoptic(tmp_path)
    assert not (tmp_path / "annotations").exists()
