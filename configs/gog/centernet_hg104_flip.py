"""table1, centernet-flip: CenterNet's poses, images as they are (~640), with flip."""

_base_ = ["_base_/gog_hg104_coco.py", "_base_/centernet.py"]
codec = dict(_delete_=True, **_base_.center_codec)
long_edge = 640
model = dict(head=dict(_delete_=True, **_base_.center_head), **_base_.center_model)
train_pipeline = [*_base_.center_train_steps, _base_.pack]
test_pipeline = [*_base_.center_test_steps, _base_.pack]
train_dataloader = dict(dataset=dict(images="people", pipeline=train_pipeline))
# Images keep their size: one a batch.
val_dataloader = dict(batch_size=1, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
train_cfg = _base_.center_epochs
optim_wrapper = _base_.center_optimizer
param_scheduler = _base_.center_schedule
auto_scale_lr = dict(base_batch_size=24)
