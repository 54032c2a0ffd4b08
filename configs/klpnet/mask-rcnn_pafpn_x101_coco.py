"""table1, panet on ResNeXt-101: Mask R-CNN with PANet's path and pooling.

PANet's fusion of fully connected layers in the mask head is left out: MMDetection has
none.
"""

_base_ = ["mmdet::mask_rcnn/mask-rcnn_x101-32x4d_fpn_2x_coco.py"]
custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)
model = dict(
    neck=dict(type="PAFPN"),
    roi_head=dict(
        bbox_roi_extractor=dict(type="MaxRoIExtractor"),
        mask_roi_extractor=dict(type="MaxRoIExtractor"),
    ),
)
