"""mmsia: benchmark and reproduction suite for keypoint methods on MMPose."""

__version__ = "0.1.0"
