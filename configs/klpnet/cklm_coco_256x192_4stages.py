"""table4, cklm-4-s: four stages, three maps, each keypoint by the nearest peak."""

_base_ = ["_base_/runtime.py", "_base_/coco_people.py", "_base_/maps3.py"]
# paper silent: kernels of other numbers of stages than three.
codec = dict(_base_.codec, kernel_sizes=(7, 5, 3, 3))
model = dict(
    backbone=dict(num_stages=4),
    head=dict(num_stages=4, decoder=codec),
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
