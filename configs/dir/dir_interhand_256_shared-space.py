"""dir/ablation, shared-space: the map's cells are tokens beside the joints."""

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
model = dict(head=dict(projection="shared"))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
