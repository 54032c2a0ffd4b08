"""dir/ablation, no-transformer: joints of both hands meet in the image alone."""

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
model = dict(head=dict(transformer=False))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
