"""table4, hrnet-w32: HRNet-W32 of ImageNet."""

_base_ = [
    "_base_/runtime.py",
    "_base_/separated.py",
    "_base_/separated_256x192.py",
    "_base_/hrnet.py",
]
model = dict(
    backbone=_base_.hrnet_w32,
    head=dict(in_channels=32, deconv_out_channels=None),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
