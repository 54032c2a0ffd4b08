"""Registers every part of mmsia with MMPose's and MMDetection's registries.

Configs name this module: `custom_imports = dict(imports=['mmsia.all'],
allow_failed_imports=False)`.
"""

from mmsia import codecs, datasets, engine, evaluation, models

__all__ = ["codecs", "datasets", "engine", "evaluation", "models"]
