"""From the published tree to crops: the simulator's own; filters and faults."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS, METRICS

import mmsia.all  # noqa: F401, registers the data set and the metric
from mmsia.datasets import interhand_prepare
from mmsia.datasets.interhand_frames import REASONS
from mmsia.datasets.interhand_prepare import prepare_interhand
from mmsia.datasets.manifest import check_manifest
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.errors import DataError, InputError
from tests.datasets.interhand_trees import alter, contents, moment

NUM = {"train": 18, "test": 3}
SIDES = ("left", "right")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interhand")
    for split, number in NUM.items():
        write_twohands(folder, number, 5, split=split)
    return folder


@pytest.fixture(scope="module")
def prepared(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare_interhand(source, folder, splits=tuple(NUM), workers=1, size=64)
    return folder


@pytest.fixture
def tree(source: Path, tmp_path: Path) -> Path:
    """A copy to be altered, without the simulator's own crops."""
    return shutil.copytree(
        source, tmp_path / "src", ignore=shutil.ignore_patterns("prepared")
    )


def prepare(source: Path, target: Path, **options: Any) -> dict[str, int]:
    options = dict(splits=("train",), workers=1, size=64) | options
    return prepare_interhand(source, target, **options)["train"]


def load(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as stored:
        return dict(stored)


@pytest.mark.parametrize("split", list(NUM))
def test_crops_are_those_that_the_simulator_writes(source, prepared, split) -> None:
    ours, theirs = prepared / "prepared" / split, source / "prepared" / split
    for number in range(NUM[split]):
        images = [cv2.imread(str(f / f"img/{number}.jpg")) for f in (ours, theirs)]
        assert images[0].shape == (64, 64, 3)
        assert np.abs(images[0].astype(int) - images[1]).mean() < 1
        for kind in ("mask", "dense"):
            maps = [
                cv2.imread(str(f / kind / f"{number}.png"), -1) for f in (ours, theirs)
            ]
            assert (maps[0] == maps[1]).mean() > 0.999
        ours_anno, theirs_anno = (
            load(f / f"anno/{number}.npz") for f in (ours, theirs)
        )
        assert set(theirs_anno) - set(ours_anno) == {"visible"}
        meshes = {
            f"{side}_{what}"
            for side in SIDES
            for what in ("vertices", "joints", "keypoints")
        }
        for name in set(ours_anno) - meshes:
            if ours_anno[name].dtype.kind == "U":
                assert ours_anno[name] == theirs_anno[name]
            else:
                np.testing.assert_allclose(
                    ours_anno[name], theirs_anno[name], atol=1e-9, rtol=1e-9
                )
        off = [np.abs(ours_anno[name] - theirs_anno[name]).max() for name in meshes]
        if split == "train":
            assert max(off) < 1e-9
        else:
            # The simulator writes true meshes, which its fits do not reach.
            vertices = ours_anno["left_vertices"] - theirs_anno["left_vertices"]
            assert 5e-4 < np.linalg.norm(vertices, axis=1).mean() < 0.01


def test_truth_as_prediction_scores_zero_and_is_read_by_the_data_set(prepared) -> None:
    init_default_scope("mmpose")
    data = DATASETS.build(
        dict(
            type="TwoHandsDataset",
            data_root=str(prepared),
            ann_file="prepared/train.json",
            pipeline=[dict(type="LoadTwoHands"), dict(type="PackTwoHands")],
        )
    )
    assert len(data) == NUM["train"]
    metric = METRICS.build(dict(type="HandMeshError"))
    for number in range(len(data)):
        sample = data[number]["data_samples"]
        assert set(torch.unique(sample.gt_fields.classes).tolist()) == {0, 1, 2}
        truth = sample.gt_instances.vertices.double()
        sample.gt_instances = InstanceData(vertices=truth)
        sample.pred_instances = InstanceData(vertices=truth + 0.01)
        metric.process(None, [sample.to_dict()])
    scores = metric.evaluate(len(data))
    zero = [value for name, value in scores.items() if "mp" in name or "mrr" in name]
    assert len(zero) >= 5 and max(zero) < 1e-9


def test_counts_and_origin_stand_in_the_index(source, prepared) -> None:
    index = json.loads((prepared / "prepared" / "train.json").read_text())
    wanted = {"images": 18, "prepared": 18, **dict.fromkeys(REASONS, 0)}
    assert index["counts"] == wanted and index["left_out"] == {}
    assert index["fits_from_joints_mm"] < 0.01
    assert len(index["source"]["annotations"]) == 4
    theirs = json.loads((source / "prepared" / "train.json").read_text())
    assert index["hand_model"] == theirs["hand_model"]
    keys = ("id", "file_name", "width", "height", "sequence")
    assert [[image[key] for key in keys] for image in index["images"]] == [
        [image[key] for key in keys] for image in theirs["images"]
    ]
    test = json.loads((prepared / "prepared" / "test.json").read_text())
    assert 0.5 < test["fits_from_joints_mm"] < 15
    names = json.loads((prepared / "manifest.json").read_text())["files"]
    assert len(names) == 4 * sum(NUM.values()) + len(NUM)
    assert not list(prepared.glob(".interhand*"))


def test_the_number_of_processes_is_of_no_account(source, prepared, tmp_path) -> None:
    calls: list[tuple[int, int]] = []
    prepare_interhand(
        source,
        tmp_path,
        splits=tuple(NUM),
        workers=2,
        size=64,
        on_progress=lambda done, total: calls.append((done, total)),
    )
    assert contents(tmp_path) == contents(prepared)
    done = [number for number, _ in calls]
    assert done == sorted(done) and calls[-1] == (21, 21)


def test_each_filter_leaves_out_its_frames_and_counts_them(tree, tmp_path) -> None:
    def labels(data: dict[str, Any]) -> None:
        by_id = {entry["image_id"]: entry for entry in data["annotations"]}
        rows = [by_id[image["id"]] for image in data["images"]]
        rows[0]["hand_type"], rows[1]["hand_type"] = "right", "left"
        rows[2]["hand_type_valid"] = 0
        data["images"][6]["width"] += 1
        data["annotations"].reverse()

    def fits(fits: dict[str, Any]) -> None:
        for row, change in ((3, "null"), (4, "gone"), (7, "swap")):
            capture, frame = moment(tree, row)
            hands = fits[capture][frame]
            if change == "null":
                hands["left"] = None
            elif change == "gone":
                del fits[capture][frame]
            else:
                hands["left"], hands["right"] = hands["right"], hands["left"]

    def joints(joints: dict[str, Any]) -> None:
        capture, frame = moment(tree, 8)
        entry = joints[capture][frame]
        entry["world_coord"] = entry["world_coord"][21:] + entry["world_coord"][:21]
        capture, frame = moment(tree, 9)
        joints[capture][frame]["joint_valid"] = [[0]] * 42
        capture, frame = moment(tree, 10)
        del joints[capture][frame]

    def cameras(cameras: dict[str, Any]) -> None:
        capture, _ = moment(tree, 11)
        for name, turn in cameras[capture]["camrot"].items():
            ahead = 3000 * np.array(turn)[2]
            cameras[capture]["campos"][name] = (
                cameras[capture]["campos"][name] + ahead
            ).tolist()

    alter(tree, "MANO_NeuralAnnot", fits)
    alter(tree, "joint_3d", joints)
    alter(tree, "camera", cameras)
    data = json.loads(
        (next((tree / "annotations/train").glob("*_data.json"))).read_text()
    )
    dark = tree / "images/train" / data["images"][5]["file_name"]
    cv2.imwrite(str(dark), cv2.imread(str(dark)) // 25)
    alter(tree, "data", labels)
    counts = prepare(tree, tmp_path / "out")
    wanted = dict(one_hand=2, type_unsure=1, no_fit=2, dark=1, other_size=1)
    wanted |= dict(swapped=2, behind_camera=1)
    assert counts == {"images": 18, "prepared": 8, **wanted}
    index = json.loads((tmp_path / "out/prepared/train.json").read_text())
    # Numbered are those that the files say are fit; rows 5 to 8 and 11 are gaps.
    assert [image["id"] for image in index["images"]] == [4, 5, *range(7, 13)]
    assert index["left_out"]["dark"] == [data["images"][5]["file_name"]]
    kept = load(tmp_path / "out/prepared/train/anno/12.npz")
    assert json.loads(str(kept["image"]))["id"] == data["images"][17]["id"]


def test_nothing_left_is_an_error_before_anything_is_written(tree, tmp_path) -> None:
    alter(tree, "MANO_NeuralAnnot", lambda fits: {})
    with pytest.raises(DataError, match=r"fits of both, got 18 no_fit"):
        prepare(tree, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_split_of_dark_pictures_is_an_error(tree, tmp_path) -> None:
    for path in (tree / "images/train").rglob("*.jpg"):
        cv2.imwrite(str(path), np.zeros_like(cv2.imread(str(path))))
    with pytest.raises(DataError, match=r"that can be prepared, got 18 dark"):
        prepare(tree, tmp_path / "out")
    assert not (tmp_path / "out/prepared").exists()


def test_a_picture_is_dark_below_a_mean_of_ten(tree, tmp_path) -> None:
    data = tree / "annotations/train/InterHand2.6M_train_data.json"
    names = [image["file_name"] for image in json.loads(data.read_text())["images"]]
    for name, level in zip(names, (9, 10), strict=False):
        path = tree / "images/train" / name
        cv2.imwrite(str(path), np.full_like(cv2.imread(str(path)), level))
        assert cv2.imread(str(path)).mean() == level
    assert prepare(tree, tmp_path / "out")["dark"] == 1
    index = json.loads((tmp_path / "out/prepared/train.json").read_text())
    assert index["left_out"] == {"dark": [names[0]]}


def test_a_split_is_whole_while_the_next_is_not(
    source, prepared, tmp_path, monkeypatch
) -> None:
    real = interhand_prepare._finish

    def finish(plan: Any, *others: Any) -> dict[str, int]:
        if plan.split == "test":
            raise KeyboardInterrupt
        return real(plan, *others)

    with monkeypatch.context() as patched:
        patched.setattr(interhand_prepare, "_finish", finish)
        with pytest.raises(KeyboardInterrupt):
            prepare(source, tmp_path, splits=("train", "test"))
    assert [path.name for path in (tmp_path / "prepared").glob("*.json")] == [
        "train.json"
    ]
    assert check_manifest(tmp_path) and not (tmp_path / "prepared/test").exists()
    calls: list[tuple[int, int]] = []
    prepare(
        source,
        tmp_path,
        splits=("train", "test"),
        on_progress=lambda *numbers: calls.append(numbers),
    )
    assert calls == [(3, 3)]  # the other one's frames are not gone through again
    assert contents(tmp_path) == contents(prepared)


def test_missing_files_are_all_named_before_anything_is_written(tree, tmp_path) -> None:
    pictures = sorted((tree / "images/train").rglob("*.jpg"))
    for path in pictures[:4]:
        path.unlink()
    name = pictures[0].relative_to(tree / "images/train").as_posix()
    with pytest.raises(DataError, match=rf"18 files, got 4 missing: .*{name}.*\.\.\."):
        prepare(tree, tmp_path / "out")
    (tree / "annotations/train/InterHand2.6M_train_camera.json").unlink()
    with pytest.raises(
        DataError, match=r"_train_camera.json, no images/val, no .*CC BY"
    ):
        prepare(tree, tmp_path / "out", splits=("train", "val"))
    assert not (tmp_path / "out").exists()


def test_a_camera_that_is_not_published_is_named(tree, tmp_path) -> None:
    capture, _ = moment(tree, 3)
    alter(
        tree,
        "camera",
        lambda cameras: {**cameras, capture: {key: {} for key in cameras[capture]}},
    )
    with pytest.raises(DataError, match=rf"none for 1 images.*capture {capture}"):
        prepare(tree, tmp_path / "out")


@pytest.mark.parametrize("kind", ["data", "camera", "joint_3d", "MANO_NeuralAnnot"])
def test_a_truncated_annotation_file_is_named(tree, tmp_path, kind) -> None:
    path = tree / f"annotations/train/InterHand2.6M_train_{kind}.json"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=rf"_train_{kind}.json is not a usable JSON"):
        prepare(tree, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_damaged_pictures_are_told_at_the_end_and_mended_by_the_next_run(
    tree, prepared, tmp_path
) -> None:
    pictures = sorted((tree / "images/train").rglob("*.jpg"))
    before = {path: path.read_bytes() for path in pictures[:3]}
    pictures[0].write_bytes(before[pictures[0]][:-300])
    pictures[1].write_bytes(b"")
    pictures[2].write_bytes(b"no picture")
    target = tmp_path / "out"
    with pytest.raises(DataError, match=r"whole images, got 3 damaged: Capture"):
        prepare(tree, target)
    assert not (target / "prepared").exists()
    for path, content in before.items():
        path.write_bytes(content)
    assert prepare(tree, target)["prepared"] == NUM["train"]
    whole = contents(prepared / "prepared" / "train")
    assert contents(target / "prepared" / "train") == whole


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"splits": ()}, "some of train, val, test"),
        ({"splits": "train"}, "got 'train'"),
        ({"splits": ("train", "train")}, "once"),
        ({"workers": 0}, "at least one process"),
        ({"size": 0}, "at least one pixel"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(source, tmp_path, options, told):
    with pytest.raises(InputError, match=told):
        prepare_interhand(source, tmp_path, **({"splits": ("train",)} | options))
