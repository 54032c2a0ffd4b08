"""Data sets: annotations, made data, MMPose data sets and their transforms."""

from mmsia.datasets import coco_people, transforms

__all__ = ["coco_people", "transforms"]
