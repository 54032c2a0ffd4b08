"""table3-mhp: what its r-siapose starts from; a row of its own in no table."""

_base_ = ["_base_/siagcn.py", "_base_/mhp.py", "_base_/cpm.py"]
model = dict(
    type="SiaPose",
    backbone=dict(kernel_size=3),
    graph=dict(type="SIAGCN", num_heads=10, num_layers=5, kernel_size=45),
    pointer=dict(backbone=_base_.resnet18),
)
custom_hooks = [*_base_.custom_hooks, _base_.lower_alpha]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
