"""dir/ablation, per-joint-planes: a plane and a circle for each joint, no bones."""

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
model = dict(head=dict(projection="joints"))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
