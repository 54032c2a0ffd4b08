"""Table 4 with the method's own three maps of all keypoints (ResNeXt-50 32x4d).

They do not say which keypoint is which: each annotated one takes the nearest peak of
the annotated box's crop, which is more than a test may know.
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
codec = dict(
    type="CategoryImplicitHeatmap",
    input_size=input_size,
    heatmap_size=(48, 64),
    kernel_sizes=(7, 5, 3),
)
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(type="CKLM"),
    head=dict(type="CKLMHead"),
    test_cfg=dict(flip_test=True),
)
