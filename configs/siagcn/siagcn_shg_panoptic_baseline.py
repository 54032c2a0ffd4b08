"""table1, shg-baseline: Stacked Hourglass alone."""

_base_ = ["_base_/siagcn.py", "_base_/panoptic.py", "_base_/shg.py"]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
