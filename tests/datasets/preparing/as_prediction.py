"""Ground truth as prediction, by MMPose's data sets and metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mmpose.registry import DATASETS, METRICS

import mmsia.all  # noqa: F401, registers data sets and metrics

CROP = [
    dict(type="LoadImage"),
    dict(type="HandSquare", ratio=2.2),
    dict(type="TopdownAffine", input_size=(64, 64)),
    dict(type="PackPoseInputs"),
]


def samples(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Packed samples whose prediction is the ground truth."""
    dataset = DATASETS.build({"type": config.pop("type"), **config})
    found = []
    for index in range(len(dataset)):
        sample = dataset[index]["data_samples"].to_dict()
        truth = sample["gt_instances"]
        points = np.asarray(truth["keypoints"])
        sample["pred_instances"] = {
            "keypoints": points,
            "keypoint_scores": np.ones(points.shape[:2]),
            "bbox_scores": np.ones(len(points)),
        }
        found.append(sample)
    return found


def hand_scores(folder: Path, ann_file: str, **split: Any) -> tuple[dict, list]:
    options = dict(type="HandCropDataset", data_root=f"{folder}/", pipeline=CROP)
    found = samples({**options, "ann_file": ann_file, **split})
    metric = METRICS.build(dict(type="CropSidePCK", decoding="keypoints"))
    metric.process(None, found)
    return metric.compute_metrics(metric.results), found


def keypoints_of(found: list[dict[str, Any]]) -> np.ndarray:
    return np.concatenate([s["gt_instances"]["keypoints"] for s in found])


def coco_ap(folder: Path, split: str) -> float:
    """COCO's AP of annotated people as their own prediction, by MMPose's parts."""
    file = f"annotations/person_keypoints_{split}.json"
    dataset = DATASETS.get("CocoDataset")
    found = samples(
        dict(
            type="CocoDataset",
            data_mode="topdown",
            data_root=f"{folder}/",
            ann_file=file,
            data_prefix=dict(img=f"{split}/"),
            pipeline=[CROP[0], dict(type="GetBBoxCenterScale"), *CROP[2:]],
        )
    )
    metric = METRICS.build(dict(type="CocoMetric", ann_file=str(folder / file)))
    metric.dataset_meta = dataset._load_metainfo(dataset.METAINFO)
    metric.process([{}] * len(found), found)
    return float(metric.evaluate(len(found))["coco/AP"])
