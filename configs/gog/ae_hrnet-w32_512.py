"""table3, bottom-up-hrnet-w32, on val2017: Associative Embedding, as MMPose has it."""

_base_ = [
    "_base_/gog_hg104_coco.py",
    "_base_/associative_embedding.py",
    "../cganet/_base_/hrnet.py",
]
codec = dict(_delete_=True, **_base_.ae_codec)
long_edge = None
backbone = dict(_delete_=True, **_base_.hrnet_w32)
head = dict(_delete_=True, **_base_.ae_head)
model = dict(use_syncbn=False, backbone=backbone, head=head, test_cfg=_base_.ae_test)
train_pipeline = [*_base_.ae_train_steps, _base_.pack]
test_pipeline = [*_base_.ae_test_steps, _base_.pack]
train_dataloader = dict(batch_size=24, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=1, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
train_cfg = _base_.ae_epochs
optim_wrapper = _base_.ae_optimizer
param_scheduler = _base_.ae_schedule
auto_scale_lr = dict(base_batch_size=192)
