"""Pictures of objects: keypoints on the geometry, visibility, COCO files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmsia.cli.main import main
from mmsia.datasets.simulated import objects
from mmsia.datasets.simulated.objects_categories import (
    CATEGORIES,
    TRAINING_MODELS,
    cad_model,
)
from mmsia.datasets.simulated.objects_presets import OBJECTS
from mmsia.datasets.simulated.objects_scene import (
    OCCLUDED,
    SELF_OCCLUDED,
    TRUNCATED,
    VISIBLE,
)
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.primitives import Mesh
from mmsia.datasets.simulated.rendering.scene import Light, Scene, render
from mmsia.errors import InputError

SMOKE, MINI, EASY, HARD = (OBJECTS[k] for k in ("smoke", "mini", "easy", "hard"))


@pytest.fixture(scope="module")
def coco_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("objects")
    objects.write_objects(folder, 42, 3, preset="mini", split="train")
    return folder


@pytest.fixture(scope="module")
def coco(coco_folder: Path) -> COCO:
    return COCO(coco_folder / "annotations/objects_train.json")


def test_every_category_comes_in_turns() -> None:
    first = [
        objects.sample(0, i, EASY).things[0].category.name
        for i in range(len(CATEGORIES))
    ]
    assert first == list(CATEGORIES)


def test_a_coloured_keypoint_is_found_within_a_pixel() -> None:
    """Each keypoint's place on the model, painted alone, is where it is annotated."""
    for index in range(len(CATEGORIES)):
        (thing,) = objects.sample(8, index, EASY).things
        view = thing.viewpoint
        width, height = EASY.size
        centre = (width - 1) / 2, (height - 1) / 2
        camera = Camera((view.viewport,) * 2, centre, EASY.size)
        model = cad_model(thing.category.name, thing.cad_index)
        half = 1.2 / view.viewport * view.distance
        for number, key in enumerate(thing.category.keypoints):
            if thing.status[number] == TRUNCATED:
                continue
            corner = half * np.array([[-1, -1, -1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]])
            red = Mesh(
                view.scene_points(model.keypoints[number] + corner, camera.centre, 1.0),
                np.array([(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)]),
                0,
                np.array([0.0, 0, 255]),
                two_sided=True,
            )
            scene = Scene(camera, [red], light=Light(ambient=1, diffuse=0))
            image = render(scene, np.random.default_rng(0)).image
            found = np.argwhere(image[:, :, 2] > 250)[:, ::-1].mean(axis=0)
            assert np.abs(found - thing.keypoints[number]).max() <= 1, (index, key)


def test_visible_keypoints_touch_their_object_hidden_ones_are_behind() -> None:
    counts: Counter[int] = Counter()
    for index in range(24):
        made = objects.sample(2, index, HARD)
        for thing in made.things:
            near = cv2.dilate(thing.mask.astype(np.uint8), np.ones((3, 3), np.uint8))
            counts.update(thing.status.tolist())
            for point, status in zip(thing.keypoints, thing.status, strict=True):
                x, y = np.rint(point).astype(int)
                if status == TRUNCATED:
                    width, height = HARD.size
                    assert not (-0.5 <= point[0] < width - 0.5) or not (
                        -0.5 <= point[1] < height - 0.5
                    )
                elif status in (VISIBLE, SELF_OCCLUDED):
                    assert near[y, x]
                else:
                    assert not near[y, x]
    assert min(counts[s] for s in (VISIBLE, SELF_OCCLUDED, OCCLUDED, TRUNCATED)) > 50


def test_a_lone_object_agrees_with_rays_through_its_triangles() -> None:
    """Visibility against an independent ray test, away from silhouettes."""
    agree = []
    for index in range(28):
        (thing,) = objects.sample(5, index, EASY).things
        model, view = thing.model, thing.viewpoint
        corners = view.camera_points(model.vertices)[model.faces]
        for point, status in zip(
            view.camera_points(model.keypoints), thing.status, strict=True
        ):
            if status == TRUNCATED:
                continue
            clear = _nearest_hit(point, corners) > point[2] - 0.06
            agree.append(clear == (status == VISIBLE))
    assert np.mean(agree) > 0.9


def _nearest_hit(point: np.ndarray, corners: np.ndarray) -> float:
    """z of the first triangle on the ray from the camera through a point."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    e1, e2 = b - a, c - a
    cross = np.cross(np.broadcast_to(point, e2.shape), e2)
    det = np.einsum("ij,ij->i", e1, cross)
    ok = np.abs(det) > 1e-12
    inverse = np.where(ok, 1 / np.where(ok, det, 1), 0)
    u = np.einsum("ij,ij->i", -a, cross) * inverse
    other = np.cross(-a, e1)
    v = other @ point * inverse
    t = np.einsum("ij,ij->i", e2, other) * inverse
    hit = ok & (u > 0) & (v > 0) & (u + v < 1) & (t > 0)
    return float((t[hit] * point[2]).min(initial=np.inf))


def test_pycocotools_reads_categories_masks_and_flags(
    coco: COCO, coco_folder: Path
) -> None:
    assert len(coco.cats) == len(CATEGORIES)
    flags: Counter[int] = Counter()
    for category in coco.cats.values():
        assert category["keypoints"] == list(CATEGORIES[category["name"]].keypoints)
        flat = {k for link in category["skeleton"] for k in link}
        assert flat == set(range(1, len(category["keypoints"]) + 1))
    for entry in coco.anns.values():
        category = coco.cats[entry["category_id"]]
        triples = np.array(entry["keypoints"]).reshape(-1, 3)
        assert len(triples) == len(category["keypoints"])
        assert entry["num_keypoints"] == (triples[:, 2] > 0).sum()
        assert not triples[triples[:, 2] == 0].any()
        flags.update(triples[:, 2].astype(int).tolist())
        mask = coco.annToMask(entry)
        assert mask.sum() == entry["area"]
        rows, columns = np.nonzero(mask)
        x, y, w, h = entry["bbox"]
        assert (columns.min(), rows.min()) == (x, y)
        assert (columns.max() - x + 1, rows.max() - y + 1) == (w, h)
    assert min(flags[v] for v in (0, 1, 2)) > 20
    image = next(iter(coco.imgs.values()))
    picture = cv2.imread(str(coco_folder / image["file_name"]))
    assert picture.shape[:2] == (image["height"], image["width"])


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_truth_fed_back_scores_exactly_100(coco: COCO, kind: str) -> None:
    found = [
        {k: entry[k] for k in ("image_id", "category_id", "bbox", "segmentation")}
        | {"score": 1.0}
        for entry in coco.anns.values()
    ]
    result = COCOeval(coco, coco.loadRes(found), kind)
    result.evaluate()
    result.accumulate()
    result.summarize()
    assert result.stats[0] == 1.0


def test_keypoints_fed_back_score_exactly_100_in_each_category(coco: COCO) -> None:
    for number, category in coco.cats.items():
        entries = coco.loadAnns(coco.getAnnIds(catIds=[number]))
        found = [
            {k: entry[k] for k in ("image_id", "category_id", "keypoints")}
            | {"score": 1.0}
            for entry in entries
        ]
        result = COCOeval(coco, coco.loadRes(found), "keypoints")
        result.params.catIds = [number]
        result.params.kpt_oks_sigmas = np.full(len(category["keypoints"]), 0.05)
        result.evaluate()
        result.accumulate()
        result.summarize()
        assert result.stats[0] == 1.0, category["name"]


def test_overlaps_are_of_the_same_class() -> None:
    same = 0
    for index in range(20):
        things = objects.sample(1, index, replace(HARD, overlap=1.0)).things
        names = Counter(thing.category.name for thing in things)
        assert len(names) == 1
        boxes = [thing.box for thing in things]
        for i, a in enumerate(boxes):
            for b in boxes[i + 1 :]:
                wide = min(a[2], b[2]) - max(a[0], b[0])
                high = min(a[3], b[3]) - max(a[1], b[1])
                same += wide > 0 and high > 0
    assert same > 20


def test_the_test_split_looks_elsewhere() -> None:
    def views(split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        things = [
            thing
            for i in range(70)
            for thing in objects.sample(0, i, SMOKE, split).things
        ]
        low, high = np.array([t.category.elevation for t in things]).T
        elevation = np.array([t.viewpoint.elevation for t in things])
        models = np.array([t.cad_index for t in things])
        beyond = (elevation < low) | (elevation > high)
        return beyond, np.array([t.viewpoint.theta for t in things]), models

    beyond, theta, models = views("train")
    assert not beyond.any()
    assert np.abs(theta).max() <= 8
    assert models.max() < TRAINING_MODELS
    beyond, theta, models = views("test")
    assert 0.2 < beyond.mean() < 0.7
    assert 0.02 < (np.abs(theta) > 8).mean() < 0.7
    assert 0.5 < (models >= TRAINING_MODELS).mean() < 0.8


def test_harder_presets_hide_more() -> None:
    def seen(preset: str) -> float:
        made = [objects.sample(0, i, OBJECTS[preset]) for i in range(20)]
        return float(
            np.mean([(t.status == VISIBLE).mean() for m in made for t in m.things])
        )

    easy, mini, hard = (seen(name) for name in ("easy", "mini", "hard"))
    assert easy > mini > hard


def test_workers_do_not_matter(tmp_path: Path) -> None:
    for workers in (1, 2):
        objects.write_objects(tmp_path / str(workers), 20, 4, workers=workers)
    files = sorted(p.relative_to(tmp_path / "1") for p in (tmp_path / "1").rglob("*.*"))
    assert len(files) == 23
    for name in files:
        one, two = ((tmp_path / w / name).read_bytes() for w in ("1", "2"))
        assert one == two


def test_files_are_the_same_on_a_plain_processor(
    plain_digests: Callable[[str], dict[str, str]],
) -> None:
    found = plain_digests(
        "import hashlib, json\n"
        "from mmsia.datasets.simulated import objects as o\n"
        "digest = hashlib.sha256()\n"
        "for split, layout in (('train', 'pascal3d'), ('test', 'objectnet3d')):\n"
        "    for i in range(3):\n"
        "        made = o.encode(9, i, o.OBJECTS['hard'], split, layout)\n"
        "        for data in made.files.values():\n"
        "            digest.update(data)\n"
        "        digest.update(json.dumps(made.record).encode())\n"
        "digest.update(o.cad_mat('car'))\n"
        "print(digest.hexdigest())"
    )
    assert set(found.values()) == {found["as it is"]}, found


def test_the_command_line_writes_each_layout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["simulate", "objects", "--num", "3", "--workers", "1", "--out"]
    assert main([*words, str(tmp_path / "a"), "--layout", "objectnet3d"]) == 0
    assert (tmp_path / "a/Image_sets/train.txt").read_text().count("\n") == 3
    assert main([*words, str(tmp_path / "b"), "--split", "val"]) == 0
    assert (tmp_path / "b/annotations/objects_val.json").is_file()
    assert "3 images, " in capsys.readouterr().out
    assert main(["simulate", "hands", "--out", "x", "--layout", "coco"]) == 2
    # one folder holds one layout
    assert main([*words, str(tmp_path / "b"), "--layout", "pascal3d"]) == 2


def test_wrong_words_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"layout.*coco, pascal3d, objectnet3d.*voc"):
        objects.write_objects(tmp_path, 2, layout="voc")
    with pytest.raises(InputError, match=r"split.*train, val, test.*exam"):
        objects.write_objects(tmp_path, 2, split="exam")
    assert not list(tmp_path.iterdir())
