"""dir/interhand, dir; dir/ablation, two-stages: the whole network."""

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
