"""Crops of objects of 256 x 256 pixels with maps of 64 x 64 cells.

A row joins this with runtime and data, and takes its pipelines from here; other
numbers of stages want `kernel_sizes` of as many, in codec and pipelines.
"""

input_size = (256, 256)
codec = dict(
    type="CategoryImplicitHeatmap",
    input_size=input_size,
    heatmap_size=(64, 64),
    kernel_sizes=(7, 5, 3),
)
# A crop is StarMap's: the square of 1.5 times the box's longer side, but no larger than
# the image's longer one.
crop = dict(type="TopdownAffine", input_size=input_size)
load = [dict(type="LoadImage"), dict(type="ObjectSquare", padding=1.5)]
pack = dict(
    type="PackPoseInputs",
    pack_transformed=True,
    meta_keys=(
        *("id", "img_id", "img_path", "category_id", "ori_shape", "img_shape"),
        *("input_size", "input_center", "input_scale", "flip", "flip_direction"),
        *("flip_indices", "skeleton_links", "image_objects", "raw_ann_info"),
    ),
)
# paper silent: augmentation, StarMap's.
augmented = [
    *load,
    dict(type="RandomFlip", direction="horizontal"),
    dict(type="RandomObjectSquare"),
    crop,
]
train_pipeline = [*augmented, dict(type="GenerateTarget", encoder=codec), pack]
# Boxes of a detector have no keypoints to pack.
test_pipeline = [*load, crop, dict(pack, pack_transformed=False)]

preprocessor = dict(
    type="PoseDataPreprocessor",
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    bgr_to_rgb=True,
)
visualizer = dict(
    type="ObjectLinkVisualizer", vis_backends=[dict(type="LocalVisBackend")]
)
