"""table5, simple-resnet-152: SimpleBaseline; `mmsia export` writes it."""

_base_ = ["_base_/runtime.py", "_base_/separated.py", "_base_/separated_384x288.py"]
model = dict(
    backbone=dict(
        type="ResNet",
        depth=152,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet152"),
    ),
    head=dict(in_channels=2048),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline, **_base_.testdev))
test_evaluator = dict(
    ann_file=_base_.testdev_file,
    format_only=True,
    outfile_prefix="work_dirs/separated_384x288_res152_testdev/results",
)
