"""Whole images: a detector's boxes with their categories, then KLPNet's links.

MMPose's own inferencer forgets a box's category; these two functions keep it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from mmpose.registry import TRANSFORMS
from mmpose.structures import PoseDataSample

from mmsia.errors import ConfigError, InputError
from mmsia.models.estimators.klpnet import KLPNet


class FoundBoxes(NamedTuple):
    """Boxes of an image.

    Attributes:
        boxes: (M, 4) xyxy pixels.
        labels: (M,) numbers in the classes that were asked for.
        scores: (M,).
    """

    boxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


def find_boxes(
    detector: Any, image: np.ndarray, classes: Sequence[str], least: float = 0.3
) -> FoundBoxes:
    """Find the objects of some categories.

    Args:
        detector: Of MMDetection, as `mmdet.apis.init_detector` makes it.
        image: (H, W, 3) uint8 BGR.
        classes: Names that its own categories share.
        least: Boxes of a lower score are left out.

    Raises:
        ConfigError: A detector that knows none of the categories.
    """
    from mmdet.apis import inference_detector

    names = list((getattr(detector, "dataset_meta", None) or {}).get("classes", ()))
    number_of = {names.index(n): i for i, n in enumerate(classes) if n in names}
    if not number_of:
        raise ConfigError(
            "the detector's categories",
            expected=f"one of {', '.join(classes)} at least",
            got=", ".join(names) or "none: it has no dataset_meta",
        )
    with DefaultScope.overwrite_default_scope("mmdet"):
        found = inference_detector(detector, image).pred_instances.cpu().numpy()
    kept = np.isin(found.labels, list(number_of)) & (found.scores >= least)
    labels = [number_of[int(label)] for label in found.labels[kept]]
    return FoundBoxes(found.bboxes[kept], np.array(labels, int), found.scores[kept])


def link_objects(
    model: KLPNet,
    image: np.ndarray,
    boxes: np.ndarray,
    labels: Sequence[int],
    scores: np.ndarray | None = None,
) -> list[PoseDataSample]:
    """Find keypoints and links of the objects of an image, all of them together.

    Args:
        model: As `mmpose.apis.init_model` makes it: its config has the pipeline.
        image: (H, W, 3) uint8 BGR.
        boxes: (M, 4) xyxy pixels; a box of zero area counts as one pixel large.
        labels: (M,) category of each.
        scores: (M,); None: all 1.

    Returns:
        A sample of each object, as of `KLPNet.predict`.

    Raises:
        InputError: Boxes and labels that do not fit.
    """
    import torch

    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    scores = np.ones(len(boxes), np.float32) if scores is None else scores
    if not len(boxes) == len(labels) == len(scores) or not np.isfinite(boxes).all():
        raise InputError(
            "boxes of an image",
            expected="finite boxes (M, 4) with M labels and scores",
            got=f"{len(boxes)} boxes, {len(labels)} labels, {len(scores)} scores",
        )
    if not len(boxes):
        return []
    boxes = np.concatenate(
        [boxes[:, :2], np.maximum(boxes[:, 2:], boxes[:, :2] + 1)], axis=1
    )
    with DefaultScope.overwrite_default_scope("mmpose"):
        steps = model.cfg.test_dataloader.dataset.pipeline
        pipeline = Compose([TRANSFORMS.build(step) for step in steps])
    crops = [
        pipeline(
            {
                "img": image.copy(),
                "img_path": "",
                "img_id": 0,
                "id": number,
                "bbox": boxes[number : number + 1],
                "bbox_score": np.asarray(scores[number : number + 1], np.float32),
                "category_id": int(labels[number]),
                "image_objects": len(boxes),
            }
        )
        for number in range(len(boxes))
    ]
    with torch.no_grad():
        return model.test_step(pseudo_collate(crops))
