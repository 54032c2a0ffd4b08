"""complexity: 1 head on the CPM of 3 x 3 kernels, to be counted."""

_base_ = ["_base_/siagcn.py", "_base_/panoptic.py", "_base_/cpm.py"]
model = dict(
    type="SiaPose",
    backbone=dict(kernel_size=3),
    graph=dict(type="SIAGCN", num_heads=1, num_layers=5, kernel_size=45),
)
custom_hooks = [*_base_.custom_hooks, _base_.lower_alpha]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
