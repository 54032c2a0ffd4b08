"""table4, simple-resnet-50: SimpleBaseline with ResNet-50 of ImageNet."""

_base_ = ["_base_/runtime.py", "_base_/separated.py", "_base_/separated_256x192.py"]
model = dict(
    backbone=dict(
        type="ResNet",
        depth=50,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50"),
    ),
    head=dict(in_channels=2048),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
