"""Single models at input 512: codec, pipelines, and what rows' networks share."""

input_size = (512, 512)
# What an image is tested for: boxes as found, no extension, Eq. (4) left out; rows with
# a Center Line Branch say more.
codec = dict(type="CenterLines", input_size=input_size, extension=None, alleviate=False)
load = dict(type="LoadImage")
pack = dict(
    type="PackPoseInputs",
    meta_keys=(
        *("id", "img_id", "img_path", "ori_shape", "img_shape", "input_size"),
        *("input_center", "input_scale", "flip_indices", "raw_ann_info"),
    ),
)
train_pipeline = [
    load,
    # paper silent: scales of what (the shorter side, which tests make as long as the
    # input), shifts of what (pixels of the input), and what is in the middle before.
    dict(
        type="OffsetGuidedAffine",
        input_size=input_size,
        flip_prob=0.5,
        max_rotation=45.0,
        scale_range=(0.6, 1.5),
        scale_of="short_edge",
        stretch_range=(1.0, 1.0),
        max_shift=40,
        centring="image",
    ),
    dict(type="GenerateTarget", encoder=codec),
    pack,
]
# paper silent: the shorter side gets this size, the longer one keeps the aspect.
test_pipeline = [
    load,
    dict(
        type="BottomupResize",
        input_size=input_size,
        size_factor=64,
        resize_mode="expand",
    ),
    pack,
]

model = dict(
    type="CGANet",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    head=dict(type="CenterLineHead", decoder=codec),
    test_cfg=dict(flip_test=False),
)
