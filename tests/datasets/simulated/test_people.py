"""Simulated people: plausible bodies, true visibility, and COCO's tools read them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmsia.datasets.simulated import people
from mmsia.datasets.simulated.people_flesh import flesh, sample_looks
from mmsia.datasets.simulated.people_scene import build_scene
from mmsia.datasets.simulated.people_skeleton import POSES, Body, sample_body
from mmsia.datasets.simulated.presets import PEOPLE
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.primitives import Capsule
from mmsia.datasets.simulated.rendering.scene import Light, Scene, render
from mmsia.files import read_json

SMOKE, MINI, EASY = PEOPLE["smoke"], PEOPLE["mini"], PEOPLE["easy"]
FACING = np.diag([1.0, -1.0, -1.0])


def bodies(unusual: float, count: int = 150) -> list[Body]:
    return [sample_body(np.random.default_rng(seed), unusual) for seed in range(count)]


def test_who_stands_has_the_head_above_the_hips_above_the_ankles() -> None:
    for body in bodies(0.0):
        assert body.pose in ("stand", "walk")
        height = body.keypoints[:, 1]
        assert height[0] > 0.3
        assert height[[5, 6]].min() > 0.2
        assert height[[15, 16]].max() < -0.3
        # from the crown to the soles, a stature
        assert 0.85 < height[0] + 0.07 - height[[15, 16]].min() + 0.03 < 1.1


def test_bones_have_anatomical_lengths_in_every_pose() -> None:
    drawn = bodies(1.0)
    assert {body.pose for body in drawn} == set(POSES) - {"stand", "walk"}
    for body in drawn:
        for upper, middle, lower in ((5, 7, 9), (6, 8, 10), (11, 13, 15), (12, 14, 16)):
            first = np.linalg.norm(body.keypoints[upper] - body.keypoints[middle])
            second = np.linalg.norm(body.keypoints[middle] - body.keypoints[lower])
            low, high = (0.22, 0.27) if upper > 10 else (0.14, 0.19)
            assert low < second < high
            assert low < first < high


def test_knees_and_elbows_bend_the_way_they_do() -> None:
    for body in bodies(0.6):
        if body.pose == "lie":
            continue
        for hip, knee, ankle in ((11, 13, 15), (12, 14, 16)):
            thigh = body.keypoints[knee] - body.keypoints[hip]
            shin = body.keypoints[ankle] - body.keypoints[knee]
            # a shin is never turned forwards of the thigh's direction
            assert thigh[1] * shin[2] - thigh[2] * shin[1] > -0.01
    seated = [body for body in bodies(1.0) if body.pose == "sit"]
    knees = np.array([b.keypoints[13] - b.keypoints[11] for b in seated])
    assert (knees[:, 2] > np.abs(knees[:, 1])).all()


def test_left_is_on_the_right_of_the_image_for_who_faces_the_camera() -> None:
    for body in bodies(0.0, 40):
        turned = body.keypoints @ FACING.T
        assert turned[5, 0] > turned[6, 0]
        assert turned[11, 0] > turned[12, 0]
        assert turned[0, 2] < turned[[3, 4], 2].min()


def _alone(yaw: float, seed: int = 1) -> tuple[people.PeopleSample, Any]:
    from mmsia.datasets.simulated.people_flesh import JOINT_DEPTHS, own_parts
    from mmsia.datasets.simulated.rendering.rotations import about, matmul
    from mmsia.datasets.simulated.rendering.visibility import visible

    rng = np.random.default_rng(seed)
    body, looks = sample_body(rng, 0.0), sample_looks(rng)
    rotation = matmul(FACING, about((0.0, 1.0, 0.0), yaw))
    origin = np.array([0.0, 0.0, 4.0])
    camera = Camera((500.0, 500.0), (127.5, 127.5), (256, 256))
    things = flesh(body, looks, rotation, origin, 1.7, 0)
    rendered = render(Scene(camera, things), rng)
    points = (body.keypoints * 1.7) @ rotation.T + origin
    depths = JOINT_DEPTHS * 1.7
    return visible(rendered, camera, points, 0, own_parts(), depths), rendered


def test_the_face_is_seen_from_the_front_and_not_from_the_back() -> None:
    front, _ = _alone(0.0)
    back, _ = _alone(np.pi)
    assert front[[0, 1, 2]].all()
    assert not back[[0, 1, 2]].any()
    for side in (front, back):
        assert side[[13, 14, 15, 16]].all()
    left_side, _ = _alone(-np.pi / 2)
    right_side, _ = _alone(np.pi / 2)
    # turned by a quarter the person shows one ear and one shoulder
    assert left_side[3] != left_side[4]
    assert right_side[3] != right_side[4]
    assert left_side[3] != right_side[3]


def test_single_coloured_joints_are_found_where_the_keypoints_are() -> None:
    found = 0
    for index in range(4):
        built = build_scene(np.random.default_rng(index), MINI)
        camera = built.scene.camera
        for person in built.people[:4]:
            pixels = camera.project(person.keypoints)
            for joint, pixel in zip(person.keypoints, pixels, strict=True):
                if not (8 < pixel[0] < 500 and 8 < pixel[1] < 500 and joint[2] > 0.5):
                    continue
                radius = 4.0 * joint[2] / camera.focal[0]
                mark = Capsule(joint, joint, radius, radius, 0, (0.0, 0.0, 255.0))
                flat = Light(ambient=1.0, diffuse=0.0)
                scene = Scene(camera, [mark], None, flat)
                image = render(scene, np.random.default_rng(0)).image
                rows, columns = np.nonzero((image == (0, 0, 255)).all(-1))
                assert abs(columns.mean() - pixel[0]) < 1
                assert abs(rows.mean() - pixel[1]) < 1
                found += 1
    assert found > 80


def test_joints_lie_inside_their_person() -> None:
    alone = replace(EASY, people=(1, 1))
    shares = []
    for index in range(12):
        made = people.sample(0, index, alone)
        x, y = np.rint(made.keypoints[0]).astype(int).T
        shares.append((made.rendered.instances[y, x] == 0).mean())
    assert min(shares) == 1.0


def test_flags_tell_what_is_seen() -> None:
    counts = np.zeros(3)
    for index in range(12):
        made = people.sample(0, index, MINI)
        height, width = made.image.shape[:2]
        for number, (points, flags) in enumerate(
            zip(made.keypoints, made.flags, strict=True)
        ):
            x, y = np.rint(points).astype(int).T
            seen = flags == 2
            assert (made.rendered.instances[y[seen], x[seen]] == number).all()
            outside = (x < 0) | (y < 0) | (x >= width) | (y >= height)
            np.testing.assert_array_equal(flags == 0, outside)
            counts += np.bincount(flags, minlength=3)
    assert (counts / counts.sum() > 0.02).all()
    assert counts[1] / counts.sum() > 0.2


def test_pictures_vary_from_one_to_thirty_and_overlap() -> None:
    counts = [
        len(build_scene(np.random.default_rng([0, i, 2]), MINI).people)
        for i in range(80)
    ]
    assert min(counts) == 1
    assert max(counts) > 24
    assert max(counts) <= 30
    assert np.median(counts) < 10


def test_nobody_is_cut_off_where_truncation_is_zero() -> None:
    for index in range(15):
        assert (people.sample(0, index, EASY).flags > 0).all()


def test_harder_presets_hide_more() -> None:
    shares = {}
    for name in ("easy", "mini", "hard"):
        flags = [people.sample(1, i, PEOPLE[name]).flags.ravel() for i in range(15)]
        shares[name] = (np.concatenate(flags) == 2).mean()
    assert shares["easy"] > shares["mini"] > shares["hard"]


def test_the_same_image_whatever_was_made_before() -> None:
    wanted = people.encode(4, 9, SMOKE)
    people.encode(4, 3, SMOKE)
    assert people.encode(4, 9, SMOKE) == wanted
    assert people.encode(5, 9, SMOKE).files != wanted.files


SMALL = replace(MINI, size=(256, 256), name="small")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mmsia.datasets.simulated.writing import write_family

    folder = tmp_path_factory.mktemp("people")
    write_family(
        *(folder, "people", 40, 7, SMALL),
        encode=people.encode,
        finish=people.finish,
        images="val2017",
        split="val2017",
    )
    return folder


def test_annotations_agree_with_masks_and_image(written: Path) -> None:
    coco = COCO(str(written / "annotations/person_keypoints_val2017.json"))
    crowds, likeness = 0, []
    for image in coco.loadImgs(coco.getImgIds()):
        made = people.sample(7, image["id"] - 1, SMALL)
        for annotation in coco.loadAnns(coco.getAnnIds([image["id"]])):
            mask = coco.annToMask(annotation).astype(bool)
            x, y, w, h = (int(value) for value in annotation["bbox"])
            assert 0 <= x and 0 <= y and x + w <= 256 and y + h <= 256
            cut = mask[y : y + h, x : x + w]
            assert cut.sum() == mask.sum()
            if annotation["iscrowd"]:
                crowds += 1
                assert mask.sum() == annotation["area"]
                assert annotation["num_keypoints"] == 0
                continue
            assert mask.sum() == pytest.approx(annotation["area"], rel=0.15, abs=12)
            instances = made.rendered.instances[mask]
            owners = np.bincount(instances[instances >= 0])
            assert owners.max() / mask.sum() > 0.8
            exact = made.rendered.instances == owners.argmax()
            assert annotation["area"] == exact.sum()
            likeness.append((mask & exact).sum() / (mask | exact).sum())
            flags = np.array(annotation["keypoints"][2::3])
            assert annotation["num_keypoints"] == (flags > 0).sum()
            if annotation["area"] <= 1024:
                assert annotation["num_keypoints"] == 0
    assert crowds > 0
    # what is missing are holes, which outlines do not have
    assert np.mean(likeness) > 0.99
    assert min(likeness) > 0.8


def test_the_files_are_small(written: Path) -> None:
    for name in ("person_keypoints", "instances"):
        path = written / f"annotations/{name}_val2017.json"
        content = read_json(path)
        vertices = [
            sum(map(len, annotation["segmentation"])) / 2
            for annotation in content["annotations"]
            if not annotation["iscrowd"]
        ]
        assert np.mean(vertices) < 100
        assert path.stat().st_size < 1500 * len(vertices)


@pytest.mark.parametrize("poly2mask", [True, False])
def test_mmdetection_reads_boxes_and_masks(written: Path, poly2mask: bool) -> None:
    from mmdet.datasets import CocoDataset
    from mmdet.datasets.transforms import LoadAnnotations
    from mmpose.datasets.transforms import LoadImage

    load = LoadAnnotations(with_bbox=True, with_mask=True, poly2mask=poly2mask)
    dataset = CocoDataset(
        ann_file="annotations/instances_val2017.json",
        data_root=str(written),
        data_prefix={"img": "val2017/"},
        metainfo={"classes": ("person",)},
        pipeline=[LoadImage(), load],
    )
    content = read_json(written / "annotations/instances_val2017.json")
    areas = []
    for entry in dataset:
        kept = ~entry["gt_ignore_flags"]
        areas += entry["gt_masks"].areas[kept].tolist()
    told = [a["area"] for a in content["annotations"] if not a["iscrowd"]]
    assert len(areas) == len(told)
    assert sum(areas) == pytest.approx(sum(told), rel=0.03)


@pytest.mark.parametrize("kind", ["keypoints", "bbox", "segm"])
def test_ground_truth_as_predictions_scores_exactly_all(
    written: Path, kind: str
) -> None:
    name = "person_keypoints" if kind == "keypoints" else "instances"
    truth = COCO(str(written / f"annotations/{name}_val2017.json"))
    found = []
    for annotation in truth.dataset["annotations"]:
        if annotation["iscrowd"]:
            continue
        entry = {"image_id": annotation["image_id"], "category_id": 1, "score": 1.0}
        if kind == "keypoints":
            if not annotation["num_keypoints"]:
                continue
            entry["keypoints"] = annotation["keypoints"]
        elif kind == "bbox":
            entry["bbox"] = annotation["bbox"]
        else:
            entry["segmentation"] = truth.annToRLE(annotation)
        found.append(entry)
    evaluation = COCOeval(truth, truth.loadRes(found), kind)
    # as many as there may be people in an image
    evaluation.params.maxDets = [30] if kind == "keypoints" else [1, 10, 100]
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][..., -1]
    # pycocotools adds one spacing to the denominator
    np.testing.assert_allclose(precision[precision > -1], 1.0, rtol=0, atol=1e-15)
    recall = evaluation.eval["recall"][..., -1]
    assert (recall[recall > -1] == 1.0).all()


def test_losses_look_away_from_crowds(written: Path) -> None:
    from mmsia.datasets.transforms.ignore_regions import valid_mask

    coco = COCO(str(written / "annotations/person_keypoints_val2017.json"))
    compared = 0
    for image in coco.getImgIds():
        entries = coco.loadAnns(coco.getAnnIds([image]))
        crowds = [entry for entry in entries if entry["iscrowd"]]
        valid = valid_mask(entries, (256, 256), 1024.0)
        annotated = np.zeros((256, 256), dtype=bool)
        for entry in entries:
            if entry["num_keypoints"]:
                annotated |= coco.annToMask(entry).astype(bool)
        for entry in crowds:
            inside = coco.annToMask(entry).astype(bool) & ~annotated
            assert not valid[inside].any()
            compared += 1
        if all(entry["num_keypoints"] for entry in entries):
            assert valid.all()
    assert compared > 2


@pytest.mark.parametrize("mode", ["topdown", "bottomup"])
def test_mmpose_reads_it(written: Path, mode: str) -> None:
    from mmpose.datasets import CocoDataset
    from mmpose.datasets.transforms import LoadImage

    import mmsia.all  # noqa: F401

    dataset = CocoDataset(
        ann_file="annotations/person_keypoints_val2017.json",
        data_root=str(written),
        data_prefix={"img": "val2017/"},
        data_mode=mode,
        pipeline=[LoadImage()],
    )
    content = read_json(written / "annotations/person_keypoints_val2017.json")
    with_keypoints = [a for a in content["annotations"] if a["num_keypoints"]]
    if mode == "topdown":
        assert len(dataset) == len(with_keypoints)
        entry = dataset[0]
        expected = np.array(with_keypoints[0]["keypoints"]).reshape(17, 3)
        np.testing.assert_allclose(entry["keypoints"][0], expected[:, :2], atol=1e-3)
    else:
        assert len(dataset) == len({a["image_id"] for a in content["annotations"]})
        entry = dataset[0]
    assert entry["img"].shape == (256, 256, 3)


def test_instances_are_the_same_without_keypoints(written: Path) -> None:
    first, second = (
        json.loads((written / f"annotations/{name}_val2017.json").read_text())
        for name in ("person_keypoints", "instances")
    )
    assert first["images"] == second["images"]
    for full, bare in zip(first["annotations"], second["annotations"], strict=True):
        assert {k: full[k] for k in bare} == bare
        assert "keypoints" not in bare
    assert "skeleton" not in second["categories"][0]
