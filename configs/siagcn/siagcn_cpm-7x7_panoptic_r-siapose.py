"""table2, 10-head-r-siapose: R-SiaPose on CPM.

Starts from what siagcn_cpm-7x7_panoptic_r-siapose_rotation.py was trained to.
"""

_base_ = ["_base_/siagcn.py", "_base_/panoptic.py", "_base_/cpm.py"]
model = dict(
    type="RSiaPose",
    graph=dict(type="SIAGCN", num_heads=10, num_layers=5, kernel_size=45),
    pointer=dict(backbone=_base_.resnet18),
    rotation=dict(backbone=_base_.resnet18),
    trained="joint",
)
custom_hooks = [*_base_.custom_hooks, _base_.lower_alpha]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
