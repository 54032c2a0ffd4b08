"""table1, (a): FPN-50 and Mask R-CNN's ROI Pooler."""

_base_ = [
    "_base_/runtime.py",
    "_base_/single.py",
    "_base_/single_384.py",
    "_base_/fpn50.py",
]
model = dict(
    backbone=_base_.resnet50,
    neck=_base_.fpn,
    head=_base_.dense_head,
    roi_head=dict(type="ROIPooler", in_channels=256, channels=256, num_convs=8),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
