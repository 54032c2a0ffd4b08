"""table4, 1-s-mspn: MMPose's MSPN of one stage, trained as CKLM's 17 maps are."""

_base_ = ["_base_/runtime.py", "_base_/coco_people.py", "_base_/maps17.py"]
model = dict(
    backbone=dict(
        _delete_=True,
        type="MSPN",
        unit_channels=256,
        num_stages=1,
        num_units=4,
        num_blocks=[3, 4, 6, 3],
        norm_cfg=dict(type="BN"),
    ),
    head=dict(
        num_stages=1,
        level_indices=_base_.last_levels,
        loss=_base_.stage_loss,
    ),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.test_pipeline, bbox_file=_base_.detected)
)
test_dataloader = val_dataloader
val_evaluator = dict(type="CocoMetric", ann_file=_base_.ann_file)
test_evaluator = val_evaluator
