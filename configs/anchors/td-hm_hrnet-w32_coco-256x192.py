"""Anchor: HRNet-W32 of MMPose's model zoo on COCO val2017, as MMPose tests it."""

_base_ = (
    "mmpose::body_2d_keypoint/topdown_heatmap/coco/"
    "td-hm_hrnet-w32_8xb64-210e_coco-256x192.py"
)
