"""table2, sharedweight-gcn: a layer has one kernel, on CPM."""

_base_ = ["_base_/siagcn.py", "_base_/panoptic.py", "_base_/cpm.py"]
model = dict(
    type="SiaPose",
    # paper silent: the number of its heads.
    graph=dict(type="SIAGCN", num_heads=1, num_layers=5, kernel_size=45, shared=True),
)
custom_hooks = [*_base_.custom_hooks, _base_.lower_alpha]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
