from __future__ import annotations

import json

import pytest
from mmengine.config import ConfigDict

from mmsia.engine.data_check import check_data
from mmsia.errors import DataError


@pytest.fixture
def dataset(tmp_path):
    (tmp_path / "val2017").mkdir()
    images = [{"file_name": name} for name in ("1.jpg", "sub/2.jpg")]
    (tmp_path / "a.json").write_text(json.dumps({"images": images}))
    (tmp_path / "val2017" / "1.jpg").touch()
    (tmp_path / "val2017" / "sub").mkdir()
    (tmp_path / "val2017" / "sub" / "2.jpg").touch()
    return ConfigDict(
        data_root=str(tmp_path), ann_file="a.json", data_prefix={"img": "val2017/"}
    )


def test_whole_data_is_accepted(dataset):
    check_data(dataset, "val_dataloader")


def test_what_is_missing_is_named_with_the_way_out(dataset, tmp_path):
    (tmp_path / "val2017" / "1.jpg").unlink()
    with pytest.raises(DataError, match=r"1 that are not there, the first 1\.jpg"):
        check_data(dataset, "val_dataloader")
    dataset.data_prefix.img = "train2017/"
    with pytest.raises(DataError, match=r"train2017.*mmsia reproduce"):
        check_data(dataset, "val_dataloader")
    dataset.ann_file = "b.json"
    with pytest.raises(DataError, match=r"annotations of val_.*b\.json.*--data-root"):
        check_data(dataset, "val_dataloader")


@pytest.mark.parametrize("text", ["{}", "[]", '{"images": []}', '{"images"'])
def test_files_that_are_no_annotations_are_named(dataset, tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match=r"a\.json"):
        check_data(dataset, "val_dataloader")


def test_boxes_of_a_detector_are_looked_for(dataset, tmp_path):
    dataset.bbox_file = str(tmp_path / "boxes.json")
    with pytest.raises(DataError, match=r"detected boxes of test_.*boxes\.json"):
        check_data(dataset, "test_dataloader")
    (tmp_path / "boxes.json").write_text("[]")
    check_data(dataset, "test_dataloader")
