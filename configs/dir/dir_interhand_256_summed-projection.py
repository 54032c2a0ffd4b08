"""dir/ablation, summed-projection: all bones of both hands add up in one plane."""

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
model = dict(head=dict(projection="summed"))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
