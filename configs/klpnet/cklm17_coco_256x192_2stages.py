"""table4, cklm-2-s: two stages, a map for each of 17 keypoints."""

_base_ = ["_base_/runtime.py", "_base_/coco_people.py", "_base_/maps17.py"]
model = dict(
    backbone=dict(num_stages=2),
    head=dict(
        num_stages=2,
        level_indices=[0, 1, 2, 3, *_base_.last_levels],
        loss=_base_.stage_loss * 2,
    ),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.test_pipeline, bbox_file=_base_.detected)
)
test_dataloader = val_dataloader
val_evaluator = dict(type="CocoMetric", ann_file=_base_.ann_file)
test_evaluator = val_evaluator
