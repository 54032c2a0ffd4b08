"""Parts of two-stage detectors, registered with MMDetection."""

from mmsia.models.roi_heads.max_roi_extractor import MaxRoIExtractor

__all__ = ["MaxRoIExtractor"]
