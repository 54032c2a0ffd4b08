"""table1, mask-rcnn on ResNeXt-101: MMDetection's, as it is."""

_base_ = ["mmdet::mask_rcnn/mask-rcnn_x101-32x4d_fpn_1x_coco.py"]
custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)
