"""table3, cklm: three stages on ResNeXt-101, the trunk of the text and of StarMap*."""

_base_ = ["_base_/runtime.py", "_base_/pascal3d.py", "_base_/crops_256.py"]
model = dict(
    type="KLPNet",
    num_classes=12,
    num_parts=17,
    data_preprocessor=_base_.preprocessor,
    backbone=dict(type="CKLM", num_stages=3, depth=101),
    head=dict(type="CKLMHead", decoder=_base_.codec),
    # paper silent on flipping: as StarMap.
    test_cfg=dict(flip_test=True),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type="LearnTemplatesHook", pipeline=_base_.test_pipeline),
]
