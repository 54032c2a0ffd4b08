"""Simulated data rearranged as the original downloads are, as archives too."""

from __future__ import annotations

import json
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.datasets.origin import DESCRIPTION
from mmsia.datasets.simulated.hands import write_hands
from mmsia.datasets.simulated.hands_skeleton import KEYPOINTS
from mmsia.datasets.simulated.objects import write_objects
from mmsia.datasets.simulated.people import write_people
from tests.datasets.hand_releases import MHP_ORDER

ITS_OWN = ("simulated_*.json", "manifest.json", ".digests.npz")
"""What the writers of simulated data leave beside a release's own files."""


def coco(folder: Path, num: int = 4) -> Path:
    """The tree that COCO's archives unpack to, with a detector's boxes."""
    for split in ("train2017", "val2017"):
        write_people(folder, num, 5, preset="smoke", split=split)
    clean(folder)
    stored = read(folder / "annotations" / "person_keypoints_val2017.json")
    boxes = [
        {"image_id": a["image_id"], "category_id": 1, "bbox": a["bbox"], "score": 1.0}
        for a in stored["annotations"]
    ]
    path = folder / "person_detection_results"
    path.mkdir()
    path /= "COCO_val2017_detections_AP_H_56_person.json"
    path.write_text(json.dumps(boxes))
    return folder


def hands(folder: Path, num: int = 12) -> list[tuple[Path, np.ndarray, bool]]:
    """Image, (21, 3) keypoints and whether it is a left hand, of simulated hands."""
    write_hands(folder, num, 3, split="train")
    stored = read(folder / "annotations" / "panoptic_train.json")
    files = {image["id"]: folder / image["file_name"] for image in stored["images"]}
    return [
        (
            files[entry["image_id"]],
            np.reshape(entry["keypoints"], (21, 3)),
            entry["hand_type"] == "left",
        )
        for entry in stored["annotations"]
    ]


def panoptic(made: list[tuple[Path, np.ndarray, bool]], folder: Path) -> Path:
    """CMU's hand143_panopticdb."""
    root = folder / "hand143_panopticdb"
    (root / "imgs").mkdir(parents=True)
    entries = []
    for number, (image, points, _) in enumerate(made):
        name = f"imgs/{number:08d}.jpg"
        shutil.copy(image, root / name)
        joints = np.column_stack([points[:, :2], points[:, 2] > 0]).tolist()
        entry = {"dataset": "a", "img_paths": name, "img_width": 96, "img_height": 96}
        entries.append({**entry, "joint_self": joints})
    (root / "hands_v143_14817.json").write_text(json.dumps({"root": entries}))
    return root


def mpii_nzsl(made: list[tuple[Path, np.ndarray, bool]], folder: Path) -> Path:
    """CMU's hand_labels: half for training, half to test on."""
    root = folder / "hand_labels"
    for number, (image, points, left) in enumerate(made):
        part = root / ("manual_test" if number % 2 else "manual_train")
        part.mkdir(parents=True, exist_ok=True)
        path = part / f"{number:09d}_01_{'l' if left else 'r'}.jpg"
        shutil.copy(image, path)
        joints = np.column_stack([points[:, :2], points[:, 2] > 0]).tolist()
        labels = {"hand_pts": joints, "is_left": int(left)}
        path.with_suffix(".json").write_text(json.dumps(labels))
    return root


def mhp(made: list[tuple[Path, np.ndarray, bool]], folder: Path) -> Path:
    """MHP's annotated_frames, three recordings."""
    root = folder / "annotated_frames"
    for number, (image, points, _) in enumerate(made):
        part = root / f"data_{number % 3 + 1}"
        part.mkdir(parents=True, exist_ok=True)
        shutil.copy(image, part / f"{number}_webcam_1.jpg")
        lines = [
            f"{name} {points[row, 0]} {points[row, 1]}"
            for name, keypoint in MHP_ORDER.items()
            for row in [KEYPOINTS.index(keypoint)]
        ]
        (part / f"{number}_jointsCam_1.txt").write_text("\n".join(lines) + "\n")
    return root


def objects(folder: Path, layout: str, splits: tuple[str, ...]) -> dict[str, Any]:
    """Pascal3D+'s or ObjectNet3D's tree; returns the simulator's own annotations."""
    for split in splits:
        write_objects(folder, 12, 0, preset="smoke", split=split, layout=layout)
    own = folder / "annotations"
    truth = {split: read(own / f"objects_{split}.json") for split in splits}
    shutil.rmtree(own)
    clean(folder)
    return truth


def clean(folder: Path) -> None:
    """Remove what no release has, and that annotations say who made them."""
    for pattern in ITS_OWN:
        for path in folder.glob(pattern):
            path.unlink()
    for path in folder.glob("annotations/*.json"):
        path.write_text(path.read_text().replace(DESCRIPTION, "as released:"))


def pack(source: Path, target: Path, below: str = "", inside: str = "") -> Path:
    """Put `source / below` into an archive, `inside` before each name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    files = [
        (path, inside + path.relative_to(source).as_posix())
        for path in sorted((source / below).rglob("*"))
        if path.is_file()
    ]
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, name in files:
                archive.write(path, name)
        return target
    with tarfile.open(target, "w:gz" if target.suffix == ".gz" else "w") as archive:
        for path, name in files:
            archive.add(path, name)
    return target


def pack_coco(folder: Path, target: Path) -> Path:
    """COCO's three archives and the folder of a detector's boxes."""
    pack(folder, target / "annotations_trainval2017.zip", "annotations")
    for split in ("train2017", "val2017"):
        pack(folder, target / f"{split}.zip", split)
    boxes = "person_detection_results"
    shutil.copytree(folder / boxes, target / boxes)
    return target


def content(folder: Path) -> dict[str, bytes]:
    """What a prepared folder holds, but for the cache of digests."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in _files(folder)
        if path.name != ".digests.npz"
    }


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def read(path: Path) -> Any:
    return json.loads(path.read_text())
