"""table5, starmap*: StarMap's one map and offsets on the trunk of ours, one stage."""

_base_ = ["_base_/runtime.py", "_base_/objectnet3d.py", "_base_/crops_256.py"]
# paper silent: the width of the only map's Gaussians; the first stage's.
codec = dict(_base_.codec, kernel_sizes=(7,))
train_pipeline = [
    *_base_.augmented,
    dict(type="GenerateTarget", encoder=codec),
    _base_.pack,
]
model = dict(
    type="KLPNet",
    num_classes=16,
    num_parts=21,
    data_preprocessor=_base_.preprocessor,
    backbone=dict(type="CKLM", num_stages=1, depth=101),
    head=dict(type="CKLMHead", decoder=codec),
    test_cfg=dict(flip_test=True),
)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type="LearnTemplatesHook", pipeline=_base_.test_pipeline),
]
