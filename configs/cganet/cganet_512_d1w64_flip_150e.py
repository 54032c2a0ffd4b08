"""table3, (i): (h) after 150 epochs."""

_base_ = ["_base_/runtime.py", "_base_/single.py", "_base_/single_512.py"]
codec = dict(extension="dichotomy", ratio=0.09, line_thr=0.08, alleviate=True)
model = dict(
    backbone=dict(type="TNet", depth=1, width=64),
    head=dict(in_channels=96, channels=64, lines=True, decoder=codec),
    roi_head=dict(
        type="ROIGuider",
        in_channels=(96, 176, 256),
        channels=240,
        input_size=512,
        num_guiders=2,
    ),
    test_cfg=dict(flip_test=True),
)
# paper silent: when the rate falls; at the same shares of the training.
train_cfg = dict(max_epochs=150)
param_scheduler = [
    dict(type="LinearLR", begin=0, end=500, start_factor=0.001, by_epoch=False),
    dict(type="MultiStepLR", begin=0, end=150, milestones=[110, 134], gamma=0.1),
]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
