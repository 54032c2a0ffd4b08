"""Pose estimators: whole networks with their losses."""

from mmsia.models.estimators.cganet import CGANet
from mmsia.models.estimators.cganet_masks import CGANetMasks
from mmsia.models.estimators.dir import DIR
from mmsia.models.estimators.klpnet import KLPNet
from mmsia.models.estimators.klpnet_learning import LearnTemplatesHook
from mmsia.models.estimators.mask_estimator import MaskEstimator
from mmsia.models.estimators.pool_classifier import PoolClassifier
from mmsia.models.estimators.sia_pose import SiaPose
from mmsia.models.estimators.sia_rotated_pose import RSiaPose
from mmsia.models.estimators.sia_stage_weight import StageWeightHook

__all__ = [
    "DIR",
    "CGANet",
    "CGANetMasks",
    "KLPNet",
    "LearnTemplatesHook",
    "MaskEstimator",
    "PoolClassifier",
    "RSiaPose",
    "SiaPose",
    "StageWeightHook",
]
