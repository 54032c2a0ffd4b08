"""Prepared crops of simulated hands, listed; what is missing is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

import mmsia.all  # noqa: F401, registers the data set
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.errors import DataError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twohands")
    write_twohands(folder, 2, 5, split="val")
    return folder


@pytest.fixture
def tree(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "prepared", tmp_path / "prepared")
    return tmp_path


def build(folder: Path, split: str = "val"):
    init_default_scope("mmpose")
    return DATASETS.build(
        dict(type="TwoHandsDataset", data_root=str(folder), split=split)
    )


def test_crops_are_listed_in_the_order_of_their_numbers(tree):
    for name, end in (
        ("img", "jpg"),
        ("mask", "png"),
        ("dense", "png"),
        ("anno", "npz"),
    ):
        folder = tree / "prepared" / "val" / name
        shutil.copy(folder / f"1.{end}", folder / f"10.{end}")
        shutil.copy(folder / f"1.{end}", folder / f"9.{end}")
    listed = build(tree)
    assert [listed[k]["id"] for k in range(len(listed))] == [0, 1, 9, 10]
    root = tree / "prepared" / "val"
    assert listed[3]["mask_path"] == str(root / "mask" / "10.png")
    assert all(Path(listed[0][f"{name}_path"]).is_file() for name in ("img", "anno"))


def test_what_is_missing_is_named(tree):
    (tree / "prepared" / "val" / "dense" / "1.png").unlink()
    (tree / "prepared" / "val" / "img" / "0.jpg").unlink()
    with pytest.raises(DataError, match=r"2 files missing: img/0.jpg, dense/1.png"):
        build(tree)
    with pytest.raises(DataError, match=r"prepared/test/img is missing.*data_root"):
        build(tree, "test")
    shutil.rmtree(tree / "prepared" / "val" / "mask")
    with pytest.raises(DataError, match=r"prepared/val/mask is missing"):
        build(tree)


def test_odd_names_and_empty_splits_are_refused(tree):
    root = tree / "prepared" / "val"
    (root / "anno" / "01.npz").touch()
    with pytest.raises(DataError, match=r"anno: expected numbers.*got 01.npz"):
        build(tree)
    for path in root.glob("*/*"):
        path.unlink()
    with pytest.raises(DataError, match="prepared crops, got none"):
        build(tree)
