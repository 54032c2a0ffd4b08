"""table1, (d*): each boundary moved out by the same share of the box's side.

The training is that of cganet_384_d1w64_guider.py.
"""

_base_ = ["_base_/runtime.py", "_base_/single.py", "_base_/single_384.py"]
# paper silent: the "ideal ratio"; half of the largest that row (d) allows.
codec = dict(extension="fixed", ratio=0.045)
model = dict(
    backbone=dict(type="TNet", depth=1, width=64),
    head=dict(in_channels=96, channels=64, lines=False, decoder=codec),
    roi_head=dict(
        type="ROIGuider", in_channels=(96, 176, 256), channels=240, input_size=384
    ),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
