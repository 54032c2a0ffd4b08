"""People with masks, and predictions of them that are wrong in many ways."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from mmsia.datasets.coco_masks import CocoMasks
from mmsia.datasets.simulated.crowds import simulate_crowds
from mmsia.evaluation.mask_matches import results_of


def write_truth(folder: Path, number: int, seed: int = 7) -> Path:
    """Simulated crowds, every eighth person of which is a crowd region of COCO."""
    dataset = simulate_crowds(number, seed)
    for person in dataset["annotations"][::8]:
        image = dataset["images"][person["image_id"] - 1]
        person.update(iscrowd=1, segmentation=runs_of(person, image))
    path = folder / "made.json"
    path.write_text(json.dumps(dataset))
    return path


def runs_of(person: dict, image: dict) -> dict:
    """Uncompressed run lengths of polygons."""
    flat = mask_of(person, [image["height"], image["width"]]).ravel(order="F")
    ends = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate([[0] * (1 + flat[0]), ends, [flat.size]]))
    return {"size": [image["height"], image["width"]], "counts": counts.tolist()}


def mask_of(person: dict, size: list[int]) -> np.ndarray:
    """(h, w) uint8, as pycocotools draws a person."""
    runs = coco_mask.frPyObjects(person["segmentation"], *size)
    return coco_mask.decode(coco_mask.merge(runs) if isinstance(runs, list) else runs)


def true_results(truth: CocoMasks) -> list[dict]:
    """Everybody, exactly."""
    found = []
    for person in truth.dataset["annotations"]:
        if not person["iscrowd"]:
            mask = mask_of(person, truth.sizes[person["image_id"]])
            found += results_of(person["image_id"], mask[None] > 0, [0.9])
    return found


def noisy_results(truth: CocoMasks, decimals: int = 2) -> list[dict]:
    """Masks that grew, shrank or moved, with misses, doubles, ties, and inventions."""
    rng = np.random.default_rng(0)
    found = []
    for person in truth.dataset["annotations"]:
        size = truth.sizes[person["image_id"]]
        for _ in range(rng.choice(3, p=(0.1, 0.8, 0.1))):
            mask = mask_of(person, size)
            reach = int(rng.integers(1, 2 + np.sqrt(person["area"]) // 8))
            change = cv2.dilate if rng.random() < 0.5 else cv2.erode
            mask = change(mask, np.ones((reach, reach), np.uint8))
            mask = np.roll(mask, rng.integers(-reach, reach + 1, 2), axis=(0, 1))
            score = round(float(rng.random()), decimals)
            found += results_of(person["image_id"], mask[None] > 0, [score])
    for image_id, size in truth.sizes.items():
        x, y = (int(rng.integers(0, side - 20)) for side in size)
        mask = np.zeros((1, *size), dtype=bool)
        mask[0, x : x + 40, y : y + 30] = True
        found += results_of(image_id, mask, [round(float(rng.random()), decimals)])
    return found
