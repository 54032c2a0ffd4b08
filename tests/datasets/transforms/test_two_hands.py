"""Reading and packing prepared crops of simulated hands."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.datasets.transforms import LoadTwoHands, PackTwoHands
from mmsia.errors import DataError

SIDES = ("left", "right")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twohands")
    write_twohands(folder, 1, 5)
    return folder / "prepared" / "train"


@pytest.fixture
def files(made: Path, tmp_path: Path) -> dict[str, Any]:
    shutil.copytree(made, tmp_path / "crop")
    (image,) = (tmp_path / "crop" / "img").glob("*.jpg")
    ends = {"img": "jpg", "mask": "png", "dense": "png", "anno": "npz"}
    paths = {
        f"{name}_path": str(tmp_path / "crop" / name / f"{image.stem}.{end}")
        for name, end in ends.items()
    }
    return {"id": int(image.stem), **paths}


def change(files: dict[str, Any], **arrays: np.ndarray | None) -> None:
    with np.load(files["anno_path"]) as stored:
        kept = {**stored, **arrays}
    np.savez(files["anno_path"], **{k: v for k, v in kept.items() if v is not None})


def test_meshes_project_onto_their_own_class(files):
    """Meshes, camera and maps belong together, left and right as well."""
    loaded = LoadTwoHands()(dict(files))
    with np.load(files["anno_path"]) as stored:
        for side, vertices in zip(SIDES, loaded["vertices"], strict=True):
            np.testing.assert_array_equal(vertices, stored[f"{side}_vertices"])
    for number, vertices in enumerate(loaded["vertices"], start=1):
        pixels = vertices @ loaded["camera"].T
        x, y = np.rint(pixels[:, :2] / pixels[:, 2:]).astype(int).T
        inside = (x >= 0) & (x < 64) & (y >= 0) & (y < 64)
        seen = loaded["classes"][y[inside], x[inside]]
        share = [np.mean(seen == each) for each in (number, 3 - number)]
        assert share[0] > 0.5 and share[0] > share[1]
    # Palette colours are where hands are, and nowhere else.
    np.testing.assert_array_equal(
        loaded["dense"].any(axis=2) > 0, loaded["classes"] > 0
    )


def test_colours_of_the_dense_map_are_rgb(files):
    stored = cv2.imread(files["dense_path"])
    loaded = LoadTwoHands()(dict(files))
    np.testing.assert_array_equal(loaded["dense"][..., 0], stored[..., 2])


def test_packs_what_dir_takes(files):
    loaded = LoadTwoHands()(dict(files))
    packed = PackTwoHands()(dict(loaded))
    sample = packed["data_samples"]
    assert packed["inputs"].shape == (3, 64, 64)
    assert packed["inputs"].dtype == torch.uint8
    assert sample.id == files["id"] and sample.camera.shape == (3, 3)
    assert sample.gt_instances.vertices.shape == (2, 778, 3)
    assert sample.gt_fields.classes.dtype == torch.int64
    assert sample.gt_fields.classes.shape == (1, 64, 64)
    assert sample.gt_fields.dense.shape == (3, 64, 64)
    wanted = loaded["dense"].transpose(2, 0, 1) / 255
    np.testing.assert_allclose(sample.gt_fields.dense.numpy(), wanted, atol=1e-6)


def test_maps_may_be_left_out(files):
    Path(files["mask_path"]).unlink()
    packed = PackTwoHands()(LoadTwoHands(maps=False)(dict(files)))
    assert "gt_fields" not in packed["data_samples"]


def test_damaged_annotations_are_named(files):
    with np.load(files["anno_path"]) as stored:
        left, right = (stored[f"{side}_vertices"] for side in SIDES)
    for arrays, words in (
        (dict(left_vertices=right, right_vertices=left), "left and right are swapped"),
        (dict(left_vertices=left - [0, 0, 9]), r"left hand of .*a depth of -"),
        (dict(left_vertices=left * np.nan), r"left_vertices of .*NaN or infinity"),
        (dict(left_vertices=left[:700]), r"left_vertices of .*\(700, 3\)"),
        (dict(left_vertices=None, camera_camera=None), "no camera_camera and no left"),
    ):
        with np.load(files["anno_path"]) as stored:
            before = dict(stored)
        change(files, **arrays)
        with pytest.raises(DataError, match=words):
            LoadTwoHands()(dict(files))
        np.savez(files["anno_path"], **before)
    change(files, left_vertices=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="plain arrays, got ValueError"):
        LoadTwoHands()(dict(files))
    Path(files["anno_path"]).write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DataError, match="plain arrays"):
        LoadTwoHands()(dict(files))


def test_damaged_images_are_named(files):
    mask = cv2.imread(files["mask_path"], cv2.IMREAD_UNCHANGED)
    for values, words in (
        (np.where(mask == 2, 255, mask), "got a class 255"),
        (mask[:32], r"size of the crop, got uint8 of shape \(32, 64\)"),
    ):
        cv2.imwrite(files["mask_path"], values)
        with pytest.raises(DataError, match=words):
            LoadTwoHands()(dict(files))
    Path(files["mask_path"]).write_bytes(b"no image")
    with pytest.raises(DataError, match="a damaged file"):
        LoadTwoHands()(dict(files))
    Path(files["img_path"]).unlink()
    with pytest.raises(DataError, match=r"\.jpg: expected an image, got no such file"):
        LoadTwoHands()(dict(files))
