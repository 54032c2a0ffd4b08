"""table4, cklm-3-s: three stages, three maps, each keypoint by the nearest peak."""

_base_ = ["_base_/runtime.py", "_base_/coco_people.py", "_base_/maps3.py"]
codec = dict(_base_.codec, kernel_sizes=(7, 5, 3))
model = dict(
    backbone=dict(num_stages=3),
    head=dict(num_stages=3, decoder=codec),
)
train_pipeline = [
    *_base_.augmented,
    dict(type="GenerateTarget", encoder=codec),
    _base_.pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type="OracleCocoMetric", ann_file=_base_.ann_file)
test_evaluator = val_evaluator
