"""table1, mask-rcnn on ResNet-101: MMDetection's, as it is."""

_base_ = ["mmdet::mask_rcnn/mask-rcnn_r101_fpn_1x_coco.py"]
custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)
