"""Table 4 with a map for each of 17 keypoints, trained as MSPN is.

Category-implicit maps do not say which keypoint is which, and COCO's AP wants that.
ResNet-50 has Table 4's FLOPs with 17 maps. Gaussians get narrower from level to level
and, in the last stage, once more: MMPose's targets of MSPN.
"""

input_size = (192, 256)
load = [dict(type="LoadImage"), dict(type="GetBBoxCenterScale")]
crop = dict(type="TopdownAffine", input_size=input_size)
pack = dict(type="PackPoseInputs")
# paper silent: augmentation, MMPose's of MSPN.
augmented = [
    *load,
    dict(type="RandomFlip", direction="horizontal"),
    dict(type="RandomHalfBody"),
    dict(type="RandomBBoxTransform"),
    crop,
]
test_pipeline = [*load, crop, pack]
codecs = [
    dict(
        type="MegviiHeatmap",
        input_size=input_size,
        heatmap_size=(48, 64),
        kernel_size=kernel,
    )
    for kernel in (15, 11, 9, 7, 5)
]
codec = codecs[-1]
train_pipeline = [
    *augmented,
    dict(type="GenerateTarget", multilevel=True, encoder=codecs),
    pack,
]

last_levels = [1, 2, 3, 4]
stage_loss = [
    *[dict(type="KeypointMSELoss", use_target_weight=True, loss_weight=0.25)] * 3,
    dict(type="KeypointOHKMMSELoss", use_target_weight=True, loss_weight=1.0),
]
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(type="CKLM", groups=1),
    head=dict(
        type="MSPNHead",
        out_shape=(64, 48),
        unit_channels=256,
        out_channels=17,
        num_units=4,
        decoder=codec,
    ),
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=False),
)
