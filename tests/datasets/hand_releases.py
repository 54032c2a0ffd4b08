"""Small downloads of three data sets of hands, as their tests need them."""

from __future__ import annotations

import json

import cv2
import numpy as np

from mmsia.datasets.simulated.hands_skeleton import KEYPOINTS

SIZE = (64, 48)


def labels(seed):
    """(21, 2) pixels."""
    return np.random.default_rng(seed).uniform((15, 10), (45, 40), (21, 2))


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((*SIZE[::-1], 3), 99, dtype=np.uint8))


def panoptic(folder, num=10):
    entries = []
    for number in range(num):
        name = f"imgs/{number:08d}.jpg"
        picture(folder / "hand143_panopticdb" / name)
        points = np.column_stack([labels(number), np.ones(21)])
        entry = {"img_paths": name, "img_width": SIZE[0], "img_height": SIZE[1]}
        entries.append({**entry, "joint_self": points.tolist(), "dataset": "ah"})
    path = folder / "hand143_panopticdb" / "hands_v143_14817.json"
    path.write_text(json.dumps({"root": entries}))
    return path


def mpii_nzsl(folder, num=10):
    for part in ("train", "test"):
        for number in range(num):
            path = folder / f"manual_{part}" / f"{number:09d}_01_l.jpg"
            picture(path)
            points = np.column_stack([labels(number), np.ones(21)])
            points[3] = 0
            stored = {"hand_pts": points.tolist(), "is_left": number % 2}
            path.with_suffix(".json").write_text(json.dumps(stored))


# Joint k of MHP's own order, written here by hand and not by the converter's rule.
MHP_ORDER = {
    "F4_KNU1_A": "forefinger2",
    "F4_KNU1_B": "forefinger1",
    "F4_KNU2_A": "forefinger3",
    "F4_KNU3_A": "forefinger4",
    "F3_KNU1_A": "middle_finger2",
    "F3_KNU1_B": "middle_finger1",
    "F3_KNU2_A": "middle_finger3",
    "F3_KNU3_A": "middle_finger4",
    "F1_KNU1_A": "pinky_finger2",
    "F1_KNU1_B": "pinky_finger1",
    "F1_KNU2_A": "pinky_finger3",
    "F1_KNU3_A": "pinky_finger4",
    "F2_KNU1_A": "ring_finger2",
    "F2_KNU1_B": "ring_finger1",
    "F2_KNU2_A": "ring_finger3",
    "F2_KNU3_A": "ring_finger4",
    "TH_KNU1_A": "thumb2",
    "TH_KNU1_B": "thumb1",
    "TH_KNU2_A": "thumb3",
    "TH_KNU3_A": "thumb4",
    "PALM_POSITION": "wrist",
}


def mhp(folder, recordings=4, frames=2, cameras=2, beside=True):
    for recording in range(1, recordings + 1):
        for frame in range(frames):
            for camera in range(1, cameras + 1):
                name = f"data_{recording}"
                shown = folder / "annotated_frames" / name
                picture(shown / f"{frame}_webcam_{camera}.jpg")
                written = shown if beside else folder / "projections_2d" / name
                written.mkdir(parents=True, exist_ok=True)
                points = labels(100 * recording + 10 * frame + camera)
                lines = [
                    f"{joint} {x} {y}"
                    for joint, keypoint in MHP_ORDER.items()
                    for x, y in [points[KEYPOINTS.index(keypoint)]]
                ]
                path = written / f"{frame}_jointsCam_{camera}.txt"
                path.write_text("\n".join(lines) + "\n")
