"""dir/interhand, dir: the whole network, two refinements, wrist as root."""

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
