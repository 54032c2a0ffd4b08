"""ObjectKeypointDataset: categories, what is left out, links, flips, detected boxes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from mmengine.dataset import DefaultSampler
from mmengine.registry import init_default_scope
from mmpose.registry import DATA_SAMPLERS, DATASETS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.datasets.object_keypoints import mirrored_parts
from mmsia.datasets.simulated.objects import write_objects
from mmsia.errors import ConfigError, DataError

CATEGORIES = [
    dict(id=7, name="chair", keypoints=["left_leg", "right_leg", "back"],
         skeleton=[[1, 3], [2, 3]]),
    dict(id=3, name="knife", keypoints=["tip", "end"], skeleton=[[1, 2]]),
    dict(id=5, name="cup", keypoints=["rim"]),
]  # fmt: skip


def entry(number, image, category, points, **more):
    flat = [value for point in points for value in (*point, 2)]
    return dict(
        id=number, image_id=image, category_id=category, bbox=[10, 10, 30, 20],
        area=600, iscrowd=0, keypoints=flat, num_keypoints=len(points),
    ) | more  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Two images: a chair and a knife; a cut-off chair and a cup."""
    chair = [(12, 12), (30, 14), (20, 25)]
    stored = dict(
        images=[dict(id=n, file_name=f"{n}.jpg", width=80, height=60) for n in (1, 2)],
        annotations=[
            entry(1, 1, 7, chair),
            entry(2, 1, 3, [(11, 11), (39, 29)]),
            entry(3, 2, 7, chair, truncated=1),
            entry(4, 2, 5, [(20, 20)]),
        ],
        categories=CATEGORIES,
    )
    (tmp_path / "objects.json").write_text(json.dumps(stored))
    return tmp_path


def dataset(folder, classes=("knife", "chair"), **options):
    return DATASETS.build(
        dict(
            type="ObjectKeypointDataset", classes=list(classes),
            data_root=str(folder), ann_file="objects.json", data_prefix=dict(img=""),
        )
        | options
    )  # fmt: skip


def test_labels_count_classes_and_others_are_left_out(folder):
    data = dataset(folder)
    infos = [data.get_data_info(i) for i in range(len(data))]
    assert [info["id"] for info in infos] == [1, 2, 3]
    assert [info["category_id"] for info in infos] == [1, 0, 1]
    assert [info["image_objects"] for info in infos] == [2, 2, 1]
    assert data.metainfo["classes"] == ["knife", "chair"]
    assert data.metainfo["num_keypoints"] == 3


def test_each_sample_has_its_categorys_keypoints_links_and_mirror(folder):
    chair, knife = (dataset(folder).get_data_info(i) for i in (0, 1))
    assert chair["keypoints"].shape == (1, 3, 2) and knife["keypoints"].shape[1] == 2
    assert chair["skeleton_links"] == [[0, 2], [1, 2]]
    assert knife["skeleton_links"] == [[0, 1]]
    assert chair["flip_indices"] == [1, 0, 2] and chair["flip_pairs"] == [[0, 1]]
    assert knife["flip_indices"] == [0, 1] and knife["flip_pairs"] == []
    np.testing.assert_allclose(chair["bbox"], [[10, 10, 40, 30]])


def test_flagged_objects_can_be_left_out(folder):
    data = dataset(folder, without=["truncated", "difficult"])
    assert [data.get_data_info(i)["id"] for i in range(len(data))] == [1, 2]


def test_a_detectors_boxes(folder):
    boxes = [
        dict(image_id=2, category_id=7, bbox=[1, 2, 10, 0], score=0.9),
        dict(image_id=1, category_id=3, bbox=[5, 5, 10, 20], score=0.8),
        dict(image_id=1, category_id=7, bbox=[5, 5, 10, 20], score=0.1),
        dict(image_id=1, category_id=5, bbox=[5, 5, 10, 20], score=0.9),
    ]
    (folder / "boxes.json").write_text(json.dumps(boxes))
    data = dataset(
        folder,
        bbox_file=str(folder / "boxes.json"),
        test_mode=True,
        filter_cfg=dict(bbox_score_thr=0.3),
    )
    infos = [data.get_data_info(i) for i in range(len(data))]
    assert [info["img_id"] for info in infos] == [1, 2]
    assert [info["category_id"] for info in infos] == [0, 1]
    np.testing.assert_allclose(infos[0]["bbox"], [[5, 5, 15, 25]])
    # of zero area: a pixel
    np.testing.assert_allclose(infos[1]["bbox"], [[1, 2, 11, 3]])
    assert (infos[1]["keypoints_visible"] == 0).all()


def test_mirrored_parts():
    names = ["left_wheel", "top", "right_wheel", "left_only"]
    assert mirrored_parts(names) == [2, 1, 0, 3]


@pytest.mark.parametrize(
    "options",
    [
        dict(classes=[]),
        dict(classes=["a", "a"]),
        dict(data_mode="bottomup"),
        dict(metainfo=dict(classes=["a"])),
    ],
)
def test_bad_options(folder, options):
    with pytest.raises(ConfigError, match="ObjectKeypointDataset"):
        dataset(folder, **options)


def test_no_such_classes(folder):
    with pytest.raises(DataError, match=r"one of sofa.*got chair, knife, cup"):
        dataset(folder, classes=["sofa"])


def test_no_such_file(folder):
    with pytest.raises(DataError, match="nothing there"):
        dataset(folder, ann_file="other.json")


def test_a_wrong_number_of_keypoints(folder):
    stored = json.loads((folder / "objects.json").read_text())
    stored["annotations"][1]["keypoints"] = [1, 1, 2]
    (folder / "objects.json").write_text(json.dumps(stored))
    with pytest.raises(DataError, match=r"object 2 .*expected 2 keypoints \(knife\)"):
        dataset(folder)


def test_whole_images_stay_together(folder):
    data = dataset(folder, classes=["chair", "knife", "cup"])
    sampler = DefaultSampler(data, shuffle=False)

    def batches(size):
        settings = dict(type="WholeImageBatchSampler", sampler=sampler, batch_size=size)
        made = DATA_SAMPLERS.build(settings)
        found = list(made)
        assert len(made) == len(found)
        return found

    assert batches(1) == [[0, 1], [2, 3]]
    assert batches(2) == [[0, 1], [2, 3]]
    assert batches(3) == [[0, 1, 2, 3]]


def test_reads_simulated_objects(tmp_path):
    write_objects(tmp_path, 4, 0, preset="smoke", split="val")
    init_default_scope("mmpose")
    data = DATASETS.build(
        dict(
            type="ObjectKeypointDataset", classes=["aeroplane", "bicycle", "train"],
            data_root=str(tmp_path), ann_file="annotations/objects_val.json",
            data_prefix=dict(img=""), pipeline=[dict(type="LoadImage")],
        )
    )  # fmt: skip
    sample = data[0]
    assert sample["img"].shape == (96, 128, 3)
    table = data.metainfo["categories"][data.classes[sample["category_id"]]]
    assert sample["keypoints"].shape[1] == len(table["keypoints"])
