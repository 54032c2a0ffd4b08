"""Real files of COCO and of MPII+NZSL, prepared: pycocotools counts the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from mmengine.registry import init_default_scope
from pycocotools.coco import COCO

from mmsia.cli.main import OK, main
from mmsia.datasets.manifest import check_manifest
from mmsia.datasets.preparing.catalogue import find_data_set
from mmsia.datasets.preparing.prepare import prepare
from mmsia.files import read_json
from tests.datasets.preparing.as_prediction import coco_ap, hand_scores, keypoints_of


@pytest.fixture(autouse=True)
def _scope() -> None:
    init_default_scope("mmpose")


@pytest.fixture(scope="module")
def root(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with the real images of COCO that are at hand."""
    root = tmp_path_factory.mktemp("data")
    prepare(find_data_set("coco"), samples / "coco_mini", root, allow_partial=True)
    return root


@pytest.mark.parametrize("split", ["train2017", "val2017"])
def test_counts_are_those_of_pycocotools(root: Path, split: str) -> None:
    manifest = check_manifest(root / "coco")
    assert manifest is not None
    for kind in ("person_keypoints", "instances"):
        name = f"annotations/{kind}_{split}.json"
        own = COCO(root / "coco" / name)
        entries = own.loadAnns(own.getAnnIds())
        points = [np.array(e.get("keypoints", []))[2::3] for e in entries]
        assert manifest.about.counts[name] == {
            "images": len(own.getImgIds()),
            "annotated_images": len(
                {e["image_id"] for e in entries if e.get("num_keypoints", 0)}
            ),
            "instances": len(own.getAnnIds()),
            "labelled_keypoints": sum(e.get("num_keypoints", 0) for e in entries),
            "visible_keypoints": sum(int((p == 2).sum()) for p in points),
        }


def test_real_people_as_their_own_prediction(root: Path) -> None:
    assert coco_ap(root / "coco", "val2017") == 1


def test_upper_bounds_run_on_what_was_prepared(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["reproduce", "gog/upper-bounds", "--data-root", str(root)]
    words += ["--scale", "paper", "--allow-partial", "--num-draws", "20"]
    assert main([*words, "--work-dir", str(tmp_path)]) == OK
    own = COCO(root / "coco" / "annotations" / "person_keypoints_val2017.json")
    people = [
        person
        for person in own.loadAnns(own.getAnnIds(iscrowd=False))
        if person["num_keypoints"]
    ]
    assert f"{len(own.getImgIds())} images, {len(people)} people" in (
        capsys.readouterr().out
    )
    results = read_json(tmp_path / "report" / "results.json")
    used = {cell["verdict"] for cell in results["cells"] if cell["value"] is not None}
    assert used == {"partial"}


def test_real_hands_of_mpii_and_nzsl(samples: Path, tmp_path: Path) -> None:
    stored = read_json(samples / "panoptic_samples" / "test_panoptic.json")
    files = {image["id"]: image["file_name"] for image in stored["images"]}
    truth = {}
    for entry in stored["annotations"]:
        name = files[entry["image_id"]]
        points = np.reshape(entry["keypoints"], (21, 3)).astype(float)
        truth[name] = points
        for part in ("train", "test"):
            target = tmp_path / "got" / f"manual_{part}" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(samples / "panoptic_samples" / name, target)
            labels = {"hand_pts": points.tolist(), "is_left": int("_l." in name)}
            target.with_suffix(".json").write_text(json.dumps(labels))
    data_set = find_data_set("mpii_nzsl")
    done = prepare(data_set, tmp_path / "got", tmp_path, allow_partial=True)
    scores, found = hand_scores(done.folder, "annotations/mpii_nzsl_test.json")
    assert scores["pck@0.01"] == 1 and len(found) == len(truth) == 4
    for sample in found:
        points = truth[Path(sample["img_path"]).name]
        seen = points[:, 2] > 0
        mine = keypoints_of([sample])[0]
        np.testing.assert_allclose(mine[seen], points[seen, :2], atol=1e-3)
