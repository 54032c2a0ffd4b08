"""Prepared crops of simulated hands, listed; what is missing is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

import mmsia.all  # noqa: F401, registers the data set
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.errors import DataError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twohands")
    write_twohands(folder, 3, 5, split="val")
    return folder


@pytest.fixture
def tree(made: Path, tmp_path: Path) -> Path:
    for name in ("prepared", "mano"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path


def build(folder: Path, split: str = "val", **options):
    init_default_scope("mmpose")
    own = dict(data_root=str(folder), ann_file=f"prepared/{split}.json")
    return DATASETS.build(dict(type="TwoHandsDataset", **own, **options))


def test_crops_are_listed_in_the_order_of_the_index(tree):
    path = tree / "prepared" / "val.json"
    index = json.loads(path.read_text())
    index["images"].reverse()
    path.write_text(json.dumps(index))
    listed = build(tree)
    assert [listed[k]["id"] for k in range(len(listed))] == [2, 1, 0]
    assert listed[0]["img_id"] == 2
    root = tree / "prepared" / "val"
    assert listed[0]["mask_path"] == str(root / "mask" / "2.png")
    assert all(Path(listed[0][f"{name}_path"]).is_file() for name in ("img", "anno"))


def test_what_is_missing_is_named(tree):
    (tree / "prepared" / "val" / "dense" / "1.png").unlink()
    (tree / "prepared" / "val" / "img" / "0.jpg").unlink()
    with pytest.raises(DataError, match=r"2 files missing: img/0.jpg, dense/1.png"):
        build(tree)
    with pytest.raises(DataError, match=r"prepared/test.json is missing.*data_root"):
        build(tree, "test")
    shutil.rmtree(tree / "prepared" / "val" / "mask")
    with pytest.raises(DataError, match=r"prepared/val/mask is missing"):
        build(tree)


def test_an_index_and_crops_of_another_split_are_refused(tree):
    """As `ann_file` alone gives, where a config names the folders of its own split."""
    shutil.copytree(tree / "prepared" / "val", tree / "prepared" / "test")
    with pytest.raises(DataError, match=r"prepared/val/img.*got .*prepared/test/img"):
        build(tree, data_prefix={"img": "prepared/test/img/"})
    assert len(build(tree, data_prefix={"img": "prepared/val/img/"})) == 3


def test_the_hand_model_is_that_of_the_crops(tree):
    assert len(build(tree, hands=str(tree / "mano"))) == 3
    path = tree / "mano" / "MANO_RIGHT.npz"
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["v_template"] = arrays["v_template"] * 1.01
    np.savez(path, **arrays)
    with pytest.raises(DataError, match="prepared with another hand model"):
        build(tree, hands=str(tree / "mano"))
    assert len(build(tree)) == 3
