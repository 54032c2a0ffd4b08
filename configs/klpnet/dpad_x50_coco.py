"""table2, resnext-50: DPAD on ResNeXt-50 32x4d."""

_base_ = ["mmdet::mask_rcnn/mask-rcnn_x101-32x4d_fpn_1x_coco.py", "_base_/dpad.py"]
custom_imports = dict(
    imports=["mmsia.all", "mmsia.datasets.mosaic"], allow_failed_imports=False
)
model = dict(
    _base_.dpad,
    backbone=dict(
        _base_.trunk, depth=50, init_cfg=dict(checkpoint="open-mmlab://resnext50_32x4d")
    ),
)
train_dataloader = _base_.train_loader
train_cfg = _base_.train_loop
param_scheduler = _base_.learning_rates
default_hooks = dict(checkpoint=_base_.saving)
log_processor = dict(by_epoch=False)
