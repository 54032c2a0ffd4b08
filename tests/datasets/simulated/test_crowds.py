"""Simulated crowds: plausible people, and files that the real readers accept."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.datasets.simulated.crowds import (
    MAX_PEOPLE,
    draw_crowd,
    label_map,
    sample_crowd,
    simulate_crowds,
    write_crowds,
)
from mmsia.datasets.simulated.stick_people import place, sample_person
from mmsia.errors import InputError


def test_an_image_depends_on_seed_and_index_alone() -> None:
    few, many = simulate_crowds(3, seed=5), simulate_crowds(6, seed=5)
    assert few["images"] == many["images"][:3]
    assert few["annotations"] == many["annotations"][: len(few["annotations"])]
    assert simulate_crowds(3, seed=6)["annotations"] != few["annotations"]
    np.testing.assert_array_equal(draw_crowd(5, 1), draw_crowd(5, 1))


def test_crowds_vary_as_the_evaluation_needs() -> None:
    dataset = simulate_crowds(120, seed=0)
    counts = [len(sample_crowd(0, index)[1]) for index in range(120)]
    assert min(counts) == 1
    assert 20 <= max(counts) <= MAX_PEOPLE
    areas = np.array([a["area"] for a in dataset["annotations"]])
    assert (areas > 96**2).sum() > 50
    assert ((areas > 32**2) & (areas < 96**2)).sum() > 50
    flags = np.array([a["keypoints"][2::3] for a in dataset["annotations"]])
    shares = [(flags == v).mean() for v in (0, 1, 2)]
    assert min(shares) > 0.03
    assert shares[2] > 0.5


def test_annotations_fit_the_image_and_the_mask() -> None:
    dataset = simulate_crowds(20, seed=2)
    sizes = {i["id"]: (i["width"], i["height"]) for i in dataset["images"]}
    for annotation in dataset["annotations"]:
        width, height = sizes[annotation["image_id"]]
        keypoints = np.array(annotation["keypoints"]).reshape(17, 3)
        seen = keypoints[keypoints[:, 2] > 0]
        assert annotation["num_keypoints"] == len(seen)
        assert (seen[:, :2] >= 0).all()
        assert (seen[:, 0] < width).all()
        assert (seen[:, 1] < height).all()
        assert (keypoints[keypoints[:, 2] == 0] == 0).all()
        x, y, w, h = annotation["bbox"]
        assert min(x, y) >= 0
        assert x + w <= width
        assert y + h <= height
        assert 0 < annotation["area"] <= w * h


def test_small_people_have_no_keypoints_as_in_coco() -> None:
    annotations = simulate_crowds(40, seed=2)["annotations"]
    for annotation in annotations:
        if annotation["area"] <= 1024:
            assert annotation["num_keypoints"] == 0
            assert not any(annotation["keypoints"])
    counts = [a["num_keypoints"] for a in annotations]
    assert 0 in counts
    assert max(counts) == 17


def test_visible_keypoints_lie_on_the_person() -> None:
    size, people = sample_crowd(2, 0)
    labels = label_map(people, size)
    for number, person in enumerate(people, start=1):
        for x, y in np.rint(person.keypoints[5:]).astype(int):
            if 0 <= x < size[0] and 0 <= y < size[1]:
                assert labels[y, x] >= number


def test_placing_scales_turns_and_centres() -> None:
    person = sample_person(np.random.default_rng(0))
    points, _ = place(person, 200.0, np.pi / 2, np.array([50.0, 80.0]))
    np.testing.assert_allclose((points.min(0) + points.max(0)) / 2, [50, 80])
    # A quarter turn sends x to y and y to -x.
    spread, before = np.ptp(points, axis=0), np.ptp(person.keypoints, axis=0)
    np.testing.assert_allclose(spread, 200 * before[::-1])


def test_the_persons_left_is_on_the_right_of_a_frontal_view() -> None:
    rng = np.random.default_rng(1)
    people = [sample_person(rng).keypoints for _ in range(200)]
    frontal = [p for p in people if abs(p[1, 0] - p[2, 0]) > 0.04]
    assert len(frontal) > 50
    for points in frontal:
        assert (points[5, 0] > points[6, 0]) == (points[1, 0] > points[2, 0])


def test_files_are_read_by_coco_and_mmpose(tmp_path: Path) -> None:
    from mmpose.datasets import CocoDataset
    from pycocotools.coco import COCO

    import mmsia.all  # noqa: F401

    path = write_crowds(tmp_path, 4, seed=1)
    truth = load_coco_keypoints(path)
    index = COCO(str(path))
    for annotation in index.anns.values():
        # Outlines run through pixel centres: the smallest shapes lose their rim.
        if annotation["area"] > 1024:
            mask = index.annToMask(annotation)
            assert mask.sum() == pytest.approx(annotation["area"], rel=0.25)
    dataset = CocoDataset(
        data_root=str(tmp_path),
        ann_file=f"annotations/{path.name}",
        data_prefix={"img": "val2017/"},
        data_mode="bottomup",
    )
    assert len(dataset) == 4
    first = truth.images[0]
    image = cv2.imread(str(tmp_path / "val2017" / first.file_name))
    assert image.shape == (first.height, first.width, 3)


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="got 0 images"):
        simulate_crowds(0)
    with pytest.raises(InputError, match="seed -1"):
        simulate_crowds(1, seed=-1)
