"""table5, hrnet-w32: HRNet-W32; `mmsia export` writes it."""

_base_ = [
    "_base_/runtime.py",
    "_base_/separated.py",
    "_base_/separated_384x288.py",
    "_base_/hrnet.py",
]
model = dict(
    backbone=_base_.hrnet_w32,
    head=dict(in_channels=32, deconv_out_channels=None),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline, **_base_.testdev))
test_evaluator = dict(
    ann_file=_base_.testdev_file,
    format_only=True,
    outfile_prefix="work_dirs/separated_384x288_hrnet-w32_testdev/results",
)
