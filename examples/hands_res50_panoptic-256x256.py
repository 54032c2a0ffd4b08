"""Three parts of mmsia around MMPose's SimpleBaseline, for any MMPose tool.

`HandCropDataset` reads hands with a split by sequence, so that neighbouring frames
never stand on both sides of it; `HandSquare` cuts them by the paper's rule;
`CropSidePCK` scores at many thresholds. Everything else is MMPose's own. `mmsia prepare
panoptic` makes the files, `mmsia train examples/hands_res50_panoptic-256x256.py` or
MMPose's tools/train.py run it.
"""

_base_ = ["mmpose::_base_/default_runtime.py"]
custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)

codec = dict(type="MSRAHeatmap", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)

model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type="ResNet",
        depth=50,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50"),
    ),
    head=dict(
        type="HeatmapHead",
        in_channels=2048,
        out_channels=21,
        loss=dict(type="KeypointMSELoss", use_target_weight=True),
        decoder=codec,
    ),
    test_cfg=dict(output_heatmaps=True),
)

data_root = "data/panoptic/"
hands = dict(
    type="HandCropDataset",
    data_root=data_root,
    ann_file="annotations/panoptic_train.json",
    split_file="splits/sequence.json",
)
train_pipeline = [
    dict(type="LoadImage"),
    dict(type="HandSquare", ratio=2.2),
    dict(type="RandomBBoxTransform", shift_factor=0.1, rotate_factor=180),
    dict(type="TopdownAffine", input_size=(256, 256)),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="HandSquare", ratio=2.2),
    dict(type="TopdownAffine", input_size=(256, 256)),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(**hands, parts="train", pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(**hands, parts="val", test_mode=True, pipeline=val_pipeline),
)
test_dataloader = dict(
    val_dataloader, dataset=dict(val_dataloader["dataset"], parts="test")
)
val_evaluator = dict(type="CropSidePCK")
test_evaluator = val_evaluator

train_cfg = dict(max_epochs=60, val_interval=5)
optim_wrapper = dict(optimizer=dict(type="Adam", lr=5e-4))
param_scheduler = [
    dict(type="MultiStepLR", milestones=[40, 52], gamma=0.1),
]
auto_scale_lr = dict(base_batch_size=64)
default_hooks = dict(checkpoint=dict(save_best="mpck", rule="greater"))
