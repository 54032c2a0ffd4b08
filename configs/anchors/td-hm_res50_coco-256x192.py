"""Anchor: SimpleBaseline-R50 of MMPose's model zoo on COCO val2017."""

_base_ = (
    "mmpose::body_2d_keypoint/topdown_heatmap/coco/"
    "td-hm_res50_8xb64-210e_coco-256x192.py"
)
