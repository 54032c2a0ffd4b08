"""table1, (c): TNet-D1W64 and ROIGuider."""

_base_ = ["_base_/runtime.py", "_base_/single.py", "_base_/single_384.py"]
model = dict(
    backbone=dict(type="TNet", depth=1, width=64),
    head=dict(in_channels=96, channels=64, lines=False),
    roi_head=dict(
        type="ROIGuider", in_channels=(96, 176, 256), channels=240, input_size=384
    ),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
