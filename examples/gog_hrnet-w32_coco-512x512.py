"""GOG's codec and head on MMPose's HRNet-W32: a config that any MMPose tool takes.

Everything that is not named `OffsetGuided...` is MMPose's own. Run it with
`mmsia train examples/gog_hrnet-w32_coco-512x512.py` or with MMPose's tools/train.py.
"""

_base_ = ["mmpose::_base_/default_runtime.py"]
custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)

codec = dict(type="OffsetGuidedHeatmap", input_size=(512, 512), limbs="coco19")

model = dict(
    type="BottomupPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type="HRNet",
        in_channels=3,
        extra=dict(
            stage1=dict(
                num_modules=1,
                num_branches=1,
                block="BOTTLENECK",
                num_blocks=(4,),
                num_channels=(64,),
            ),
            stage2=dict(
                num_modules=1,
                num_branches=2,
                block="BASIC",
                num_blocks=(4, 4),
                num_channels=(32, 64),
            ),
            stage3=dict(
                num_modules=4,
                num_branches=3,
                block="BASIC",
                num_blocks=(4, 4, 4),
                num_channels=(32, 64, 128),
            ),
            stage4=dict(
                num_modules=3,
                num_branches=4,
                block="BASIC",
                num_blocks=(4, 4, 4, 4),
                num_channels=(32, 64, 128, 256),
            ),
        ),
    ),
    head=dict(type="OffsetGuidedHead", in_channels=32, num_stacks=1, decoder=codec),
    test_cfg=dict(flip_test=True),
)

data_root = "data/coco/"
train_pipeline = [
    dict(type="LoadImage"),
    dict(type="BottomupRandomAffine", input_size=(512, 512)),
    dict(type="RandomFlip", direction="horizontal"),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="BottomupGetHeatmapMask"),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(
        type="BottomupResize",
        input_size=(512, 512),
        size_factor=64,
        resize_mode="expand",
    ),
    dict(
        type="PackPoseInputs",
        meta_keys=(
            "id",
            "img_id",
            "img_path",
            "ori_shape",
            "img_shape",
            "input_size",
            "input_center",
            "input_scale",
            "flip_indices",
            "raw_ann_info",
            "skeleton_links",
        ),
    ),
]
train_dataloader = dict(
    batch_size=24,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="CocoDataset",
        data_root=data_root,
        data_mode="bottomup",
        ann_file="annotations/person_keypoints_train2017.json",
        data_prefix=dict(img="train2017/"),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CocoDataset",
        data_root=data_root,
        data_mode="bottomup",
        ann_file="annotations/person_keypoints_val2017.json",
        data_prefix=dict(img="val2017/"),
        test_mode=True,
        pipeline=val_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    type="CocoMetric",
    ann_file=data_root + "annotations/person_keypoints_val2017.json",
    nms_mode="none",
    score_mode="bbox",
)
test_evaluator = val_evaluator

train_cfg = dict(max_epochs=300, val_interval=10)
optim_wrapper = dict(optimizer=dict(type="Adam", lr=1e-3))
param_scheduler = [
    dict(type="LinearLR", begin=0, end=500, start_factor=0.001, by_epoch=False),
    dict(type="MultiStepLR", milestones=[200, 260], gamma=0.1),
]
auto_scale_lr = dict(base_batch_size=192)
