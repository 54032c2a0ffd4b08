"""Separated models at 384 x 288: codec, crops, all of the network but its body.

paper silent: augmentation and target width, those of MMPose's configs of SimpleBaseline
and HRNet at this size.
"""

input_size = (288, 384)
codec = dict(
    type="MSRAHeatmap", input_size=input_size, heatmap_size=(72, 96), sigma=3.0
)
crop = dict(type="TopdownAffine", input_size=input_size)
load = [dict(type="LoadImage"), dict(type="GetBBoxCenterScale")]
pack = dict(type="PackPoseInputs")
train_pipeline = [
    *load,
    dict(type="RandomFlip", direction="horizontal"),
    dict(type="RandomHalfBody"),
    dict(type="RandomBBoxTransform"),
    crop,
    dict(type="GenerateTarget", encoder=codec),
    pack,
]
test_pipeline = [*load, crop, pack]

model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    head=dict(
        type="HeatmapHead",
        out_channels=17,
        loss=dict(type="KeypointMSELoss", use_target_weight=True),
        decoder=codec,
    ),
    # paper silent on flipping: as the rows it is compared with.
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=True),
)
