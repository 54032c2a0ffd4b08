"""table1, (b): FPN-50 and ROIGuider."""

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
    roi_head=dict(
        type="ROIGuider", in_channels=(256, 256, 256), channels=256, input_size=384
    ),
)
# The pyramid's last level, which row (a) may choose, reaches no loss here.
find_unused_parameters = True
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
