"""dir/ablation, one-stage: one refinement; its maps are as coarse as it is."""

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
model = dict(head=dict(num_stages=1))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
