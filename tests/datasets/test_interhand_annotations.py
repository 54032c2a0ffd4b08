"""Annotation files of InterHand2.6M: units, pairs, cameras; real samples of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mmsia.datasets.interhand_annotations import (
    FROM_21,
    POSE,
    SHAPE,
    TRANS,
    read_cameras,
    read_fits,
    read_joints,
    read_pairs,
)
from mmsia.errors import DataError

TURN = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


def write(folder: Path, content: Any) -> Path:
    path = folder / "some.json"
    path.write_text(json.dumps(content))
    return path


def camera_file(**changed: Any) -> dict[str, Any]:
    entry = {
        "campos": [100.0, 200.0, -1000.0],
        "camrot": TURN,
        "focal": [500.0, 600.0],
        "princpt": [10.0, 20.0],
    }
    return {"7": {key: {"c1": value} for key, value in (entry | changed).items()}}


def image(number: int, **changed: Any) -> dict[str, Any]:
    entry = dict(id=number, file_name=f"{number}.jpg", width=4, height=3)
    return entry | dict(capture=7, camera="c1", frame_idx=number) | changed


def annotation(number: int, **changed: Any) -> dict[str, Any]:
    entry = dict(id=0, image_id=number, hand_type="interacting", hand_type_valid=1)
    return entry | changed


def test_a_camera_sees_in_metres_what_is_published_in_millimetres(tmp_path) -> None:
    camera = read_cameras(write(tmp_path, camera_file()))["7", "c1"]
    # By hand: (0.1, 0.25, 0) - (0.1, 0.2, -1) = (0, 0.05, 1), turned by 90 degrees.
    seen = camera.see(np.array([[0.1, 0.25, 0.0], [0.1, 0.2, -1.0]]))
    np.testing.assert_allclose(seen, [[-0.05, 0, 1], [0, 0, 0]], atol=1e-15)
    assert camera.focal == (500, 600) and camera.centre == (10, 20)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"camrot": np.diag([1.0, 1, -1]).tolist()}, "expected a rotation, got a mirr"),
        ({"camrot": np.diag([1.0, 1, 1.1]).tolist()}, "matrix that is none"),
        ({"camrot": None}, r"camera c1 of capture 7.*shape \(3, 3\)"),
        ({"campos": [1, 2]}, r"shape \(3,\), got shape \(2,\)"),
        ({"campos": [1, 2, None]}, "finite numbers"),
        ({"focal": [500, -1]}, "positive focal lengths"),
        ({"princpt": ["a", 1]}, "expected numbers"),
    ],
)
def test_cameras_that_are_none_are_named(tmp_path, changed, told) -> None:
    with pytest.raises(DataError, match=told):
        read_cameras(write(tmp_path, camera_file(**changed)))


def test_camera_files_of_another_form_are_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="object of captures"):
        read_cameras(write(tmp_path, []))
    with pytest.raises(DataError, match=r"capture 7.*got no focal"):
        read_cameras(
            write(tmp_path, {"7": {"campos": {}, "camrot": {}, "princpt": {}}})
        )
    with pytest.raises(DataError, match="a member for each camera"):
        read_cameras(write(tmp_path, {"7": {key: [1] for key in camera_file()["7"]}}))


def test_pairs_are_joined_by_image_id_not_by_place(tmp_path) -> None:
    content = {
        "annotations": [annotation(2, id=5), annotation(1, hand_type="right")],
        "images": [image(1), image(2)],
    }
    found = list(
        read_pairs(
            write(tmp_path, content),
            lambda entry: "odd" if entry["hand_type"] == "right" else None,
        )
    )
    assert [pair.image["id"] for pair in found] == [1, 2]
    assert [pair.reason for pair in found] == ["odd", None]
    assert json.loads(found[1].annotation) == annotation(2, id=5)


@pytest.mark.parametrize(
    ("images", "annotations", "told"),
    [
        ([image(1), image(2)], [annotation(1)], r"1 images without an.*\(2.jpg\)"),
        ([image(1)], [annotation(1), annotation(2)], "1 annotations without an image"),
        ([image(1), image(1)], [annotation(1)], "1 images with the id of another"),
        ([image(1)], [annotation(1), annotation(1)], "a second one of image_id 1"),
        ([{"id": 1}], [annotation(1)], r"image 0 of .*got no file_name, width"),
        ([image(1)], [{"image_id": 1}], r"annotation 0.*no hand_type.*v1.0"),
        ([image(1)], ["a"], "annotation 0 of .*got 'a'"),
    ],
)
def test_what_does_not_belong_together_is_told(
    tmp_path, images, annotations, told
) -> None:
    path = write(tmp_path, {"images": images, "annotations": annotations})
    with pytest.raises(DataError, match=told):
        list(read_pairs(path, lambda entry: None))


def fit(start: float) -> dict[str, Any]:
    numbers = (np.arange(61) + start).tolist()
    return dict(pose=numbers[:48], shape=numbers[48:58], trans=numbers[58:])


def test_fits_are_those_of_moments_with_both_hands(tmp_path) -> None:
    content = {
        "0": {
            "30": {"left": fit(100), "right": fit(0)},
            "60": {"left": None, "right": fit(0)},
            "90": {"right": fit(0)},
        },
        "1": {},
    }
    found = read_fits(write(tmp_path, content))
    assert list(found) == [("0", "30")]
    right, left = found["0", "30"]
    np.testing.assert_array_equal(right, np.arange(61))
    assert left[POSE][0] == 100 and left[SHAPE][0] == 148 and left[TRANS][-1] == 160


@pytest.mark.parametrize(
    ("hand", "told"),
    [
        (fit(0) | {"pose": [0] * 47}, r"right hand of frame 30.*\(48,\), got.*\(47,\)"),
        ({"pose": [0] * 48}, "got no shape, trans"),
        (fit(0) | {"trans": [0, 0, "far"]}, "expected numbers"),
    ],
)
def test_other_fits_are_refused(tmp_path, hand, told) -> None:
    with pytest.raises(DataError, match=told):
        read_fits(write(tmp_path, {"0": {"30": {"left": fit(0), "right": hand}}}))
    with pytest.raises(DataError, match="an object with left and right"):
        read_fits(write(tmp_path, {"0": {"30": [1]}}))


def test_joints_are_metres_with_flags(tmp_path) -> None:
    places = np.arange(126.0).reshape(42, 3)
    valid = [[1]] * 41 + [[0]]
    entry = {"world_coord": places.tolist(), "joint_valid": valid}
    found = read_joints(write(tmp_path, {"0": {"30": entry}}))["0", "30"]
    np.testing.assert_allclose(found[:, :3], places / 1000)
    np.testing.assert_array_equal(found[:, 3], [1] * 41 + [0])
    path = write(tmp_path, {"0": {"30": entry | {"joint_valid": [1] * 21}}})
    with pytest.raises(DataError, match="42 joints, got 21 flags"):
        read_joints(path)


def test_real_samples_are_paired_and_their_cameras_project(samples: Path) -> None:
    """The joints of both hands, seen by the image's camera, span the published box."""
    folder = samples / "interhand_samples"
    names = {
        kind: folder / f"test_interhand2.6m_{kind}.json"
        for kind in ("data", "camera", "joint_3d")
    }
    cameras, joints = read_cameras(names["camera"]), read_joints(names["joint_3d"])
    pairs = list(read_pairs(names["data"], lambda entry: None))
    assert len(pairs) == 4
    for pair in pairs:
        entry, about = pair.image, json.loads(pair.annotation)
        assert about["image_id"] == entry["id"]
        picture = cv2.imread(str(folder / entry["file_name"]))
        assert picture.shape == (entry["height"], entry["width"], 3)
        camera = cameras[str(entry["capture"]), entry["camera"]]
        known = joints[str(entry["capture"]), str(entry["frame_idx"])]
        seen = camera.see(known[known[:, 3] > 0, :3])
        assert 0.3 < seen[:, 2].min() < seen[:, 2].max() < 2  # metres
        pixels = seen[:, :2] / seen[:, 2:] * camera.focal + camera.centre
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        x, y, width, height = about["bbox"]
        assert np.abs(low - [x, y]).max() < 0.25 * max(width, height)
        assert np.abs(high - [x + width, y + height]).max() < 0.25 * max(width, height)


def test_real_joints_are_in_the_assumed_order(samples: Path) -> None:
    """From each finger's root to its end bones shorten; the wrist is where all meet."""
    folder = samples / "interhand_samples"
    joints = read_joints(folder / "test_interhand2.6m_joint_3d.json")
    checked = 0
    for known in joints.values():
        for hand in (known[:21], known[21:]):
            if not hand[:, 3].all():
                continue
            ours = np.empty((21, 3))
            ours[list(FROM_21)] = hand[:, :3]
            roots = ours[[1, 5, 9, 13, 17]]
            palm = np.linalg.norm(roots - ours[0], axis=1)
            assert 0.02 < palm.min() < palm.max() < 0.13
            assert palm[1:].min() > palm[0]  # the thumb's root is next to the wrist
            bones = np.linalg.norm(np.diff(ours[5:].reshape(4, 4, 3), axis=1), axis=2)
            assert (bones[:, 0] > bones[:, 2]).all() and bones.max() < 0.07
            checked += 1
    assert checked >= 4
