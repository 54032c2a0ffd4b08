"""table6, ours-tnet-d1w64-512: one map of a box, its mask, in place of 17."""

_base_ = ["_base_/runtime.py", "_base_/single.py", "_base_/single_512.py"]
codec = dict(extension="dichotomy", ratio=0.09, line_thr=0.08, alleviate=True)
model = dict(
    type="CGANetMasks",
    backbone=dict(type="TNet", depth=1, width=64),
    head=dict(in_channels=96, channels=64, lines=True, decoder=codec),
    roi_head=dict(
        type="ROIMaskGuider",
        in_channels=(96, 176, 256),
        channels=240,
        input_size=512,
        num_keypoints=1,
    ),
)
# "Most of them inherited": images, boxes and schedule are those of poses.
encoder = dict(_base_.codec, outlines=True)
train_pipeline = [
    *_base_.train_pipeline[:-2],
    dict(type="GenerateTarget", encoder=encoder),
    _base_.pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
segm = dict(type="PersonSegmMetric", ann_file=_base_.val_evaluator.ann_file)
val_evaluator = dict(segm, _delete_=True)
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best="segm/AP"))
