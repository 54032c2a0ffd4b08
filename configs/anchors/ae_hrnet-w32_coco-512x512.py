"""Anchor: Associative Embedding of MMPose's model zoo, all 5000 images of val2017."""

_base_ = (
    "mmpose::body_2d_keypoint/associative_embedding/coco/"
    "ae_hrnet-w32_8xb24-300e_coco-512x512.py"
)
