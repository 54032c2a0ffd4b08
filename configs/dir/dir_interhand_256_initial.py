"""dir/ablation, initial: the first estimate alone; no maps to supervise."""

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
model = dict(head=dict(num_stages=0))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
