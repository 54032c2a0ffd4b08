"""A stand-in for mmcv's compiled operators, `mmcv._ext`, where they are not built.

MMPose and MMDetection import all of `mmcv.ops`, which asks `mmcv._ext` for every
operator by name, although few models call any. `install` makes that import succeed:
operators that torchvision has with the same meaning work, the others raise an error
that names them when they are called. A real `mmcv._ext` is left alone.
"""

from mmsia.mmcv_ext.finder import install, is_stand_in

__all__ = ["install", "is_stand_in"]
