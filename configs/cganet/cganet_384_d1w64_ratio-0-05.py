"""table2, ratio-0-05: row (d) of Table 1 at this ratio and seven thresholds.

The training is that of cganet_384_d1w64_dichotomy.py.
"""

_base_ = [
    "_base_/runtime.py",
    "_base_/single.py",
    "_base_/single_384.py",
    "_base_/thresholds.py",
]
codec = dict(extension="dichotomy", ratio=0.05, line_thr=0.08)
model = dict(
    backbone=dict(type="TNet", depth=1, width=64),
    head=dict(in_channels=96, channels=64, lines=True, decoder=codec),
    roi_head=dict(
        type="ROIGuider", in_channels=(96, 176, 256), channels=240, input_size=384
    ),
)
test_cfg = dict(type="VariantTestLoop", variants=_base_.thresholds)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
