"""table2: R-SiaPose's rotation network alone, before the rest.

Starts from what siagcn_cpm-7x7_panoptic_10-head.py was trained to.
# paper silent: "a similar training strategy"; the paper's own schedule once more.
"""

_base_ = ["_base_/siagcn.py", "_base_/panoptic.py", "_base_/cpm.py"]
model = dict(
    type="RSiaPose",
    graph=dict(type="SIAGCN", num_heads=10, num_layers=5, kernel_size=45),
    pointer=dict(backbone=_base_.resnet18),
    rotation=dict(backbone=_base_.resnet18),
    trained="rotation",
)
# Nothing but that network has a gradient.
find_unused_parameters = True
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
