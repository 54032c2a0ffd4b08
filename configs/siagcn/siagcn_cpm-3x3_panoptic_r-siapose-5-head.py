"""complexity: 5 heads and a rotation network on that CPM, to be counted."""

_base_ = ["_base_/siagcn.py", "_base_/panoptic.py", "_base_/cpm.py"]
model = dict(
    type="RSiaPose",
    backbone=dict(kernel_size=3),
    graph=dict(type="SIAGCN", num_heads=5, num_layers=5, kernel_size=45),
    pointer=dict(backbone=_base_.resnet18),
    rotation=dict(backbone=_base_.resnet18),
)
custom_hooks = [*_base_.custom_hooks, _base_.lower_alpha]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
