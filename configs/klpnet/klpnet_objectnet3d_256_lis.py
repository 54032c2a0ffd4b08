"""table5, klpnet†: cross-stage feature aggregation and LIS."""

_base_ = ["_base_/runtime.py", "_base_/objectnet3d.py", "_base_/crops_256.py"]
model = dict(
    type="KLPNet",
    num_classes=16,
    num_parts=21,
    data_preprocessor=_base_.preprocessor,
    backbone=dict(type="CKLM", num_stages=3, depth=101),
    head=dict(type="CKLMHead", decoder=_base_.codec),
    link_head=dict(type="CLPGM"),
    # "end-to-end": losses of links train the keypoints' features, too (Eq. 8).
    joint=True,
    test_cfg=dict(flip_test=True, lis=True),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type="LearnTemplatesHook", pipeline=_base_.test_pipeline),
]
