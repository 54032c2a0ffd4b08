from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import DATASETS

import mmsia.all  # noqa: F401, registers
from mmsia.datasets.hand_splits import read_split, write_splits
from mmsia.datasets.simulated.hands import write_hands
from mmsia.errors import ConfigError, DataError
from mmsia.files import read_json

ANN_FILE = "annotations/panoptic_train.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hands")
    write_hands(folder, 24, seed=5)
    write_splits(folder / ANN_FILE, folder / "splits")
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(made, tmp_path / "data")


def build(folder, **options):
    config = {"type": "HandCropDataset", "data_root": str(folder), "pipeline": []}
    return DATASETS.build({**config, "ann_file": ANN_FILE, **options})


def ids_of(dataset):
    return {dataset.get_data_info(i)["img_id"] for i in range(len(dataset))}


def change(folder, edit):
    path = folder / ANN_FILE
    stored = read_json(path)
    edit(stored)
    path.write_text(json.dumps(stored))


def test_without_a_split_all_hands_are_there(made):
    assert ids_of(build(made)) == set(range(1, 25))


@pytest.mark.parametrize("kind", ["random", "sequence"])
@pytest.mark.parametrize("parts", ["train", "val", "test", ("train", "val")])
def test_a_part_has_the_hands_of_its_file(made, kind, parts):
    split_file = f"splits/{kind}.json"
    dataset = build(made, split_file=split_file, parts=parts)
    names = [parts] if isinstance(parts, str) else parts
    assert ids_of(dataset) == read_split(made / split_file, made / ANN_FILE, names)


def test_an_absolute_path_of_a_split_stays(made, tmp_path):
    shutil.copy(made / "splits" / "random.json", tmp_path)
    dataset = build(made, split_file=str(tmp_path / "random.json"), parts="val")
    assert len(dataset) == 4


def test_a_sample_carries_what_the_annotation_says(made):
    dataset = build(made)
    annotation = read_json(made / ANN_FILE)["annotations"][0]
    info = dataset.get_data_info(0)
    labels = np.reshape(annotation["keypoints"], (21, 3))
    np.testing.assert_allclose(info["keypoints"][0], labels[:, :2], rtol=1e-6)
    np.testing.assert_array_equal(info["keypoints_visible"], np.ones((1, 21)))
    assert info["head_size"].shape == (1,)
    assert info["head_size"][0] == pytest.approx(annotation["head_size"][0])


@pytest.mark.parametrize("head_size", [12.5, [12.5], None])
def test_any_head_size_can_be_packed(folder, head_size):
    def edit(stored):
        for annotation in stored["annotations"]:
            annotation["head_size"] = head_size
            if head_size is None:
                del annotation["head_size"]

    change(folder, edit)
    info = build(folder).get_data_info(0)
    assert ("head_size" in info) is (head_size is not None)
    info["img"] = np.zeros((8, 8, 3), dtype=np.uint8)
    packed = PackPoseInputs(meta_keys=("id",))(info)["data_samples"]
    if head_size is not None:
        np.testing.assert_array_equal(packed.gt_instances.head_size, [12.5])


def test_missing_files_are_named(folder):
    with pytest.raises(DataError, match=r"no folder .*nowhere"):
        build(folder / "nowhere")
    with pytest.raises(DataError, match=r"other\.json is missing.*no such file"):
        build(folder, ann_file="annotations/other.json")
    with pytest.raises(DataError, match=r"none\.json is missing.*python -m"):
        build(folder, split_file="splits/none.json")
    (folder / "imgs").rename(folder / "pictures")
    with pytest.raises(DataError, match=r"1 missing: .*imgs"):
        build(folder)


def test_a_split_of_other_annotations_is_refused(folder):
    change(folder, lambda stored: stored["images"].pop())
    with pytest.raises(DataError, match="another annotation file"):
        build(folder, split_file="splits/random.json")


def test_ids_that_are_not_there_are_named(folder):
    path = folder / "splits" / "random.json"
    record = read_json(path)
    record["parts"]["val"] += [777, 778]
    path.write_text(json.dumps(record))
    with pytest.raises(DataError, match="none on 2, ids 777, 778"):
        build(folder, split_file="splits/random.json", parts="val")
    assert build(folder, split_file="splits/random.json", parts="test")


def test_a_hand_that_mmpose_would_skip_is_named(folder):
    # Made before the split, so that the digest is right.
    change(folder, lambda stored: stored["annotations"][2].update(iscrowd=1))
    write_splits(folder / ANN_FILE, folder / "splits")
    parts = read_json(folder / "splits" / "random.json")["parts"]
    (part,) = [name for name, ids in parts.items() if 3 in ids]
    for options in ({"split_file": "splits/random.json", "parts": part}, {}):
        with pytest.raises(DataError, match="none on 1, ids 3"):
            build(folder, **options)


def test_no_hand_at_all_is_an_error(folder):
    change(folder, lambda stored: stored["annotations"].clear())
    with pytest.raises(DataError, match="every image, got no image"):
        build(folder)


def test_keypoints_in_another_order_are_refused(folder):
    change(folder, lambda stored: stored["categories"][0]["keypoints"].reverse())
    with pytest.raises(DataError, match="got pinky_finger4"):
        build(folder)


def test_only_topdown(made):
    with pytest.raises(ConfigError, match="topdown"):
        build(made, data_mode="bottomup")


def test_real_samples(samples, tmp_path):
    folder = samples / "panoptic_samples"
    write_splits(folder / "test_panoptic.json", tmp_path, kinds=["random"])
    split_file = str(tmp_path / "random.json")
    options = {"ann_file": "test_panoptic.json", "split_file": split_file}
    found = [
        ids_of(build(folder, parts=p, **options)) for p in ("train", "val", "test")
    ]
    assert [len(ids) for ids in found] == [2, 1, 1]
    assert set.union(*found) == {100520, 100521, 100586, 100587}
    dataset = build(folder, ann_file="test_panoptic.json")
    sizes = {info["img_id"]: info["head_size"].tolist() for info in dataset}
    assert sizes[100586] == sizes[100587] == [140]
