"""GOG with Hourglass-104 on COCO: what all rows share.

A row names its codec, input size and flip test; everything else is here. Train with
`mmsia train CONFIG --weights multi_pose_hg_3x.pth` (the paper fine-tunes CenterNet's
Hourglass-104) or with MMPose's own tools.
"""

custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)
default_scope = "mmpose"

codec = dict(
    type="OffsetGuidedHeatmap",
    input_size=(512, 512),
    heatmap_stride=4,
    sigma=7.0,
    limbs="coco19",
    offset_region=7,
    max_peaks=32,
    # paper silent: thresholds of the released code's 66.1 AP (notes, section 0).
    keypoint_thr=0.04,
    max_guide_error=40.0,
    min_limb_length=0.5,
    pose_thr=0.04,
)
long_edge = 640

model = dict(
    type="BottomupPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    # paper silent: the released code synchronises BatchNorm over its four GPUs.
    use_syncbn=True,
    backbone=dict(
        type="HourglassNet",
        downsample_times=5,
        num_stacks=2,
        stage_channels=(256, 256, 384, 384, 384, 512),
        stage_blocks=(2, 2, 2, 2, 2, 4),
        feat_channel=256,
    ),
    head=dict(
        type="OffsetGuidedHead",
        in_channels=256,
        num_keypoints=17,
        num_stacks=2,
        # paper silent: what the released code computes (notes, section 7).
        keypoint_loss=dict(type="FocalL2Loss", gamma=1.0, threshold=0.01),
        # Its weight of 10000 divided by its 8 images per GPU: here the loss does not
        # depend on how a batch is split.
        offset_loss=dict(
            type="GuidingOffsetLoss", divide_by_batch=False, loss_weight=1250.0
        ),
        decoder=codec,
    ),
    test_cfg=dict(flip_test=False),
)

data_root = "data/coco/"
augmentation = [
    dict(type="LoadImage"),
    dict(type="IgnoreRegions", min_area=1024),
    # The released code's own doubt; its value is 0.2.
    dict(type="LabelShift", prob=0.0),
    # paper silent: it names the kinds; the ranges are the released code's.
    dict(
        type="OffsetGuidedAffine",
        input_size=(512, 512),
        flip_prob=0.5,
        max_rotation=45.0,
        scale_range=(0.5, 2.0),
        stretch_range=(0.95, 1.05),
        max_shift=150,
    ),
    dict(type="GreyHSVJitter", grey_prob=0.02, hsv_prob=0.2),
]
# Not `category_id`: one an image is what CocoMetric takes. Nor `raw_ann_info`, which it
# reads from the file, and whose polygons took as long to copy as an image to read.
pack = dict(
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
        "skeleton_links",
    ),
)
packing = [dict(type="HeatmapMask"), pack]
train_pipeline = [*augmentation, dict(type="GenerateTarget", encoder=codec), *packing]
test_pipeline = [
    dict(type="LoadImage"),
    dict(type="OffsetGuidedResize", mode="long_edge", size=long_edge),
    pack,
]

train_dataloader = dict(
    # Four GPUs make the paper's batch of 32; one GPU: batch_size=32.
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="CocoPeopleDataset",
        images="annotated",
        data_root=data_root,
        ann_file="annotations/person_keypoints_train2017.json",
        data_prefix=dict(img="train2017/"),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CocoPeopleDataset",
        # "excluding images without people" (Section 3).
        images="people",
        data_root=data_root,
        ann_file="annotations/person_keypoints_val2017.json",
        data_prefix=dict(img="val2017/"),
        test_mode=True,
        pipeline=test_pipeline,
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

# Epoch-based as in the paper ("less than 150 epochs"); a resumed run goes on from its
# last whole epoch.
# paper silent: how the rate falls. The code's was edited by hand between restarts;
# constant, then two drops (notes, section 8).
train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=140, val_interval=5)
val_cfg = dict(type="ValLoop")
# fp16=True gives the speeds in parentheses of Table 1, "AMP FP16 inference".
test_cfg = dict(type="TestLoop", fp16=False)
# `mmsia train --amp` is what the released code trains with (apex O1).
optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-3))
param_scheduler = [dict(type="MultiStepLR", milestones=[100, 130], gamma=0.1)]
auto_scale_lr = dict(base_batch_size=32)

default_hooks = dict(
    timer=dict(type="IterTimerHook"),
    logger=dict(type="LoggerHook", interval=50),
    param_scheduler=dict(type="ParamSchedulerHook"),
    checkpoint=dict(
        type="AtomicCheckpointHook",
        interval=1,
        max_keep_ckpts=3,
        save_best="coco/AP",
        rule="greater",
    ),
    sampler_seed=dict(type="DistSamplerSeedHook"),
)
custom_hooks = [
    dict(type="SyncBuffersHook"),
    dict(type="PlainCheckpointHook"),
    dict(type="StepSeedHook"),
    dict(type="FiniteLossHook"),
]
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0),
    dist_cfg=dict(backend="nccl"),
)
visualizer = dict(
    type="PoseLocalVisualizer",
    vis_backends=[dict(type="LocalVisBackend")],
)
log_processor = dict(type="LogProcessor", window_size=50, by_epoch=True, num_digits=6)
log_level = "INFO"
load_from = None
resume = False
