"""dir/ablation, no-projection: joint features do not return to the image."""

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
model = dict(head=dict(projection="none"))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
