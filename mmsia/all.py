"""Registers every part of mmsia with MMPose's and MMDetection's registries.

Configs name this module: `custom_imports = dict(imports=['mmsia.all'],
allow_failed_imports=False)`.
"""

from mmsia import codecs, engine, evaluation, models
from mmsia.datasets import (
    coco_people,
    hand_crops,
    image_folder,
    object_batches,
    object_keypoints,
    transforms,
    two_hands,
)
from mmsia.evaluation import (
    hand_mesh_metric,
    object_pck_metric,
    oracle_coco_metric,
    pck_metric,
    segm_metric,
    top_accuracy,
)
from mmsia.visualization import hand_visualizer, object_visualizer

__all__ = [
    "coco_people",
    "codecs",
    "engine",
    "evaluation",
    "hand_crops",
    "hand_mesh_metric",
    "hand_visualizer",
    "image_folder",
    "models",
    "object_batches",
    "object_keypoints",
    "object_pck_metric",
    "object_visualizer",
    "oracle_coco_metric",
    "pck_metric",
    "segm_metric",
    "top_accuracy",
    "transforms",
    "two_hands",
]
