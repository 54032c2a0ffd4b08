"""Frames of two hands: cameras, truth, fits, crops, the published tree."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.spatial import ConvexHull

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.primitives import Mesh
from mmsia.datasets.simulated.rendering.scene import Light, Scene, render
from mmsia.datasets.simulated.twohands import encode, sample, write_twohands
from mmsia.datasets.simulated.twohands_files import FROM_21
from mmsia.datasets.simulated.twohands_model import read_hand_model
from mmsia.datasets.simulated.twohands_people import SPLITS, person, stand_in_pair
from mmsia.datasets.simulated.twohands_presets import TWOHANDS
from mmsia.datasets.simulated.twohands_scene import SIDES
from mmsia.errors import InputError
from mmsia.files import read_json
from mmsia.ops.hand_mesh import (
    JOINTS_21,
    joints_21,
    pose_hand,
    regress_joints,
    rodrigues,
)

SMOKE, MINI, STRESS = TWOHANDS["smoke"], TWOHANDS["mini"], TWOHANDS["stress"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twohands")
    for split in SPLITS:
        write_twohands(folder, 6, 5, preset="smoke", split=split)
    return folder


def _annotation(tree: Path, split: str, name: str) -> dict[str, Any]:
    return read_json(tree / f"annotations/{split}/InterHand2.6M_{split}_{name}.json")


def _project(camera: dict[str, Any], key: str, world: np.ndarray) -> np.ndarray:
    """The published way from world millimetres to pixels."""
    place, turn = np.array(camera["campos"][key]), np.array(camera["camrot"][key])
    seen = (world - place) @ turn.T
    focal, centre = np.array(camera["focal"][key]), np.array(camera["princpt"][key])
    return seen[:, :2] / seen[:, 2:] * focal + centre


@pytest.mark.parametrize("split", list(SPLITS))
def test_the_tree_is_the_published_one(tree: Path, split: str) -> None:
    data = _annotation(tree, split, "data")
    assert set(data) == {"images", "annotations"}
    assert len(data["images"]) == len(data["annotations"]) == 6
    for image, annotation in zip(data["images"], data["annotations"], strict=True):
        assert list(image) == [
            *("id", "file_name", "width", "height", "capture", "subject", "seq_name"),
            *("camera", "frame_idx"),
        ]
        assert set(annotation) == {
            *("id", "image_id", "bbox", "joint_valid", "hand_type", "hand_type_valid"),
        }
        assert annotation["image_id"] == image["id"]
        assert np.shape(annotation["joint_valid"]) == (42, 1)
        picture = cv2.imread(str(tree / "images" / split / image["file_name"]))
        assert picture.shape == (image["height"], image["width"], 3)
        camera = _annotation(tree, split, "camera")[str(image["capture"])]
        assert set(camera) == {"campos", "camrot", "focal", "princpt"}
        turn = np.array(camera["camrot"][image["camera"]])
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(turn) > 0
        joints = _annotation(tree, split, "joint_3d")[str(image["capture"])]
        entry = joints[str(image["frame_idx"])]
        assert np.shape(entry["world_coord"]) == (42, 3)
        assert entry["hand_type"] == "interacting"
        fits = _annotation(tree, split, "MANO_NeuralAnnot")[str(image["capture"])]
        for side in ("left", "right"):
            fit = fits[str(image["frame_idx"])][side]
            lengths = {key: len(value) for key, value in fit.items()}
            assert lengths == {"pose": 48, "shape": 10, "trans": 3}


def test_the_skeleton_names_42_joints_with_wrists_as_roots(tree: Path) -> None:
    lines = (tree / "annotations/skeleton.txt").read_text().split("\n")[:-1]
    parents = {int(n): int(p) for _, n, p in (line.split() for line in lines)}
    assert sorted(parents) == list(range(42))
    assert {n for n, p in parents.items() if p == -1} == {20, 41}
    for joint in parents:
        path = [joint]
        while parents[path[-1]] != -1:
            path.append(parents[path[-1]])
        assert path[-1] == (20 if joint < 21 else 41)
        assert len(path) == 1 + (joint != path[-1]) * (4 - joint % 21 % 4)


@pytest.mark.parametrize("split", list(SPLITS))
def test_what_is_read_projects_onto_what_was_made(tree: Path, split: str) -> None:
    images = _annotation(tree, split, "data")["images"]
    for index, image in enumerate(images):
        made = sample(5, index, SMOKE, split)
        camera = _annotation(tree, split, "camera")[str(image["capture"])]
        joints = _annotation(tree, split, "joint_3d")[str(image["capture"])]
        world = np.array(joints[str(image["frame_idx"])]["world_coord"])
        pixels = _project(camera, image["camera"], world)
        wanted = np.concatenate(
            [made.frame.camera.project(made.joints(s))[list(FROM_21)] for s in SIDES]
        )
        np.testing.assert_allclose(pixels, wanted, atol=1e-6)


@pytest.mark.parametrize(("split", "limit"), [("train", 0.0), ("test", 4.0)])
def test_fits_read_back_score_nothing_within_the_model(
    tree: Path, split: str, limit: float
) -> None:
    errors = []
    for index, image in enumerate(_annotation(tree, split, "data")["images"]):
        made = sample(5, index, SMOKE, split)
        fits = _annotation(tree, split, "MANO_NeuralAnnot")[str(image["capture"])]
        for side in SIDES:
            model = read_hand_model(tree / f"mano/MANO_{side.upper()}.npz")
            fit = fits[str(image["frame_idx"])][side]
            pose = np.array(fit["pose"])
            vertices, _ = pose_hand(
                model,
                pose[:3],
                pose[3:],
                np.array(fit["shape"]),
                np.array(fit["trans"]),
            )
            truth = made.truth[side].vertices
            joints = joints_21(made.owner.models[side], truth)
            mpvpe = np.linalg.norm(vertices - truth, axis=1).mean() * 1000
            mpjpe = np.linalg.norm(joints_21(model, vertices) - joints, axis=1).mean()
            errors.append((mpvpe, mpjpe * 1000))
    if limit == 0:
        assert np.max(errors) == 0
    else:
        assert 0.5 < np.mean(errors) < limit


def test_the_prepared_annotation_gives_the_truth_to_the_bit(tree: Path) -> None:
    for index in range(6):
        made = sample(5, index, SMOKE)
        with np.load(tree / f"prepared/train/anno/{index}.npz") as anno:
            assert int(anno["inter_idx"]) == index
            assert json.loads(str(anno["image"]))["frame_idx"] == index
            turn, shift = anno["camera_R"], anno["camera_t"]
            for side in SIDES:
                model = stand_in_pair()[side]
                np.testing.assert_array_equal(
                    anno[f"{side}_vertices"], made.vertices(side)
                )
                np.testing.assert_array_equal(anno[f"{side}_joints"], made.joints(side))
                fit = made.fits[side]
                root = rodrigues(fit.root)
                np.testing.assert_array_equal(anno[f"{side}_R"][0], root)
                pose = anno[f"{side}_pose"][0] @ model.hands_components
                np.testing.assert_allclose(pose, fit.pose, atol=1e-12)
                vertices, _ = pose_hand(
                    model,
                    fit.root,
                    pose,
                    anno[f"{side}_shape"][0],
                    anno[f"{side}_trans"][0],
                )
                seen = vertices @ turn.T + shift
                assert np.abs(seen - anno[f"{side}_vertices"]).max() < 1e-9
                pixels = anno[f"{side}_joints"] @ anno["camera_camera"].T
                np.testing.assert_allclose(
                    pixels[:, :2] / pixels[:, 2:], anno[f"{side}_keypoints"], atol=1e-9
                )


def test_a_coloured_joint_is_found_within_a_pixel() -> None:
    """Rings of vertices around a joint, painted and rendered, centre on the joint."""
    made = sample(4, 0, TWOHANDS["easy"])
    regressor = stand_in_pair()["right"].J_regressor
    for side in SIDES:
        model = made.owner.models[side]
        vertices, joints = made.vertices(side), made.joints(side)
        for number, joint in enumerate(JOINTS_21):
            if joint in (16, 17, 18, 19, 20):
                spot = vertices[{16: 745, 17: 317, 18: 444, 19: 556, 20: 673}[joint]]
            else:
                spot = regressor[joint] @ vertices
            half = 0.0015
            cube = np.array(
                [[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
            )
            faces = ConvexHull(cube).simplices
            red = Mesh(
                spot + cube * half, faces, 0, np.array([0.0, 0, 255]), two_sided=True
            )
            scene = Scene(made.frame.camera, [red], light=Light(ambient=1, diffuse=0))
            image = render(scene, np.random.default_rng(0)).image
            found = np.argwhere(image[:, :, 2] > 250)[:, ::-1].mean(axis=0)
            pixel = made.frame.camera.project(joints[number])
            assert np.abs(found - pixel).max() <= 1, (side, number)
        assert len(vertices) == len(model.v_template)


def test_visible_tips_show_their_own_hand() -> None:
    seen = hidden = 0
    for index in range(12):
        made = sample(6, index, MINI)
        for number, side in enumerate(SIDES):
            pixels = made.frame.camera.project(made.joints(side))
            for joint in (4, 8, 12, 16, 20):
                if not made.frame.camera.contains(pixels[joint]):
                    assert not made.frame.visible[number, joint]
                    continue
                x, y = np.rint(pixels[joint]).astype(int)
                owner = made.frame.clean.instances[y, x]
                if made.frame.visible[number, joint]:
                    assert owner == number
                    seen += 1
                else:
                    hidden += 1
    assert min(seen, hidden) > 10


def test_test_people_are_outside_the_model_and_in_one_split_only() -> None:
    captures = [set(range(first, first + count)) for first, count in SPLITS.values()]
    assert sum(map(len, captures)) == len(set().union(*captures))
    inside, outside = person(0, "train", 0), person(0, "test", 0)
    template = stand_in_pair()["right"].v_template
    np.testing.assert_array_equal(inside.models["right"].v_template, template)
    assert np.abs(outside.models["right"].v_template - template).max() > 0.002
    np.testing.assert_array_equal(inside.shape, inside.fitted)


def test_stress_cuts_and_darkens() -> None:
    def measure(preset: str, split: str) -> tuple[float, float]:
        cut, level = [], []
        for index in range(12):
            made = sample(0, index, TWOHANDS[preset], split)
            joints = np.concatenate([made.joints(side) for side in SIDES])
            inside = made.frame.camera.contains(made.frame.camera.project(joints))
            cut.append(not inside.all())
            level.append(made.frame.image.mean())
        return float(np.mean(cut)), float(np.mean(level))

    easy, hard = measure("easy", "val"), measure("stress", "stress")
    assert easy[0] < 0.2 < 0.5 <= hard[0]
    assert hard[1] < 0.75 * easy[1]


def test_stress_blurs() -> None:
    def sharpness(blur: float) -> float:
        preset = replace(STRESS, blur=blur, darkness=0.0, noise=0.0)
        images = [sample(0, i, preset, "stress").frame.image for i in range(6)]
        return float(np.mean([cv2.Laplacian(i, cv2.CV_64F).std() for i in images]))

    assert STRESS.blur > 2 * MINI.blur
    assert sharpness(1.0) < 0.8 * sharpness(0.0)


def test_workers_do_not_matter_and_splits_differ(tmp_path: Path, tree: Path) -> None:
    write_twohands(tmp_path, 17, 5, preset="smoke", split="train", workers=2)
    for index in range(6):
        for name in (f"img/{index}.jpg", f"anno/{index}.npz", f"dense/{index}.png"):
            one = (tree / "prepared/train" / name).read_bytes()
            assert one == (tmp_path / "prepared/train" / name).read_bytes()
    other = (tree / "prepared/val/img/0.jpg").read_bytes()
    assert other != (tree / "prepared/train/img/0.jpg").read_bytes()


@pytest.mark.slow
def test_files_are_the_same_on_a_plain_processor(
    plain_digests: Callable[[str], dict[str, str]],
) -> None:
    found = plain_digests(
        "import hashlib, json\n"
        "from mmsia.datasets.simulated import twohands as t\n"
        "digest = hashlib.sha256()\n"
        "for split in ('train', 'test', 'stress'):\n"
        "    for i in range(3):\n"
        "        made = t.encode(9, i, t.TWOHANDS['stress'], split)\n"
        "        for data in made.files.values():\n"
        "            digest.update(data)\n"
        "        digest.update(json.dumps(made.record).encode())\n"
        "for data in t.finish([made.record], split).files.values():\n"
        "    digest.update(data if isinstance(data, bytes) else b'')\n"
        "print(digest.hexdigest())"
    )
    assert set(found.values()) == {found["as it is"]}, found


def test_an_unknown_split_or_preset_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train, val, test, stress.*trian"):
        write_twohands(tmp_path, 2, split="trian")
    with pytest.raises(InputError, match=r"smoke.*huge"):
        write_twohands(tmp_path, 2, preset="huge")
    with pytest.raises(InputError, match="train, val, test, stress"):
        encode(0, 0, SMOKE, "exam")
    assert not list(tmp_path.iterdir())


def test_regressed_and_chained_joints_are_near(tree: Path) -> None:
    made = sample(5, 0, SMOKE)
    for side in SIDES:
        hand = made.truth[side]
        off = regress_joints(made.owner.models[side], hand.vertices) - hand.joints
        assert np.linalg.norm(off, axis=1).max() < 0.006


def test_cameras_stand_still(tree: Path) -> None:
    """All images of a capture's camera share its numbers, truncated ones too."""
    seen: dict[tuple[int, str], Camera] = {}
    for index in range(30):
        made = sample(0, index, STRESS if index % 2 else MINI, "stress")
        key = (made.owner.capture, made.view.name)
        assert seen.setdefault(key, made.frame.camera) == made.frame.camera
    assert len(seen) < 30


@pytest.mark.parametrize("kind", ["InterHand2DDoubleDataset", "InterHand3DDataset"])
def test_mmpose_reads_the_tree(tree: Path, kind: str) -> None:
    from mmpose.registry import DATASETS

    import mmsia.all  # noqa: F401

    start = "annotations/train/InterHand2.6M_train"
    data = DATASETS.build(
        dict(
            type=f"mmpose.{kind}",
            data_root=str(tree),
            ann_file=f"{start}_data.json",
            camera_param_file=f"{start}_camera.json",
            joint_file=f"{start}_joint_3d.json",
            data_prefix=dict(img="images/train/"),
        )
    )
    assert len(data) == 6
    for index in range(6):
        made, read = sample(5, index, SMOKE), data[index]
        assert Path(read["img_path"]).is_file()
        np.testing.assert_array_equal(read["hand_type"], [[1, 1]])
        wanted = np.concatenate(
            [made.frame.camera.project(made.joints(s))[list(FROM_21)] for s in SIDES]
        )
        off = read["keypoints"][0, :, :2] - wanted
        assert np.abs(off).max() < 1e-3
        if "keypoints_cam" in read:
            joints = [made.joints(side)[list(FROM_21)] * 1000 for side in SIDES]
            off = read["keypoints_cam"][0] - np.concatenate(joints)
            assert np.abs(off).max() < 1e-2


def test_names_and_types_are_those_of_real_annotations(
    tree: Path, samples: Path
) -> None:
    def shape(value: Any, depth: int = 0) -> Any:
        """Names and types; keys that are numbers of captures and the like are one."""
        if isinstance(value, dict):
            found = {str(k): shape(v, depth + 1) for k, v in value.items()}
            numbers = [v for k, v in found.items() if k.isdigit()]
            names = {k: v for k, v in found.items() if not k.isdigit()}
            return names | ({"number": numbers[0]} if numbers else {})
        if isinstance(value, list):
            return [len(value) if depth > 2 else "", shape(value[0], depth + 1)]
        number = isinstance(value, (int, float, bool))
        return "number" if number else type(value).__name__

    folder = samples / "interhand_samples"
    for name in ("data", "camera", "joint_3d"):
        real = read_json(folder / f"test_interhand2.6m_{name}.json")
        assert shape(_annotation(tree, "train", name)) == shape(real), name
