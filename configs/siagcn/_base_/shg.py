"""Stacked Hourglass: 256 x 256 pixels in, 64 x 64 maps out.

Codec, pipelines, network and learning rate; a row joins them with what all rows share
and with one of the data sets beside this file:

    _base_ = ["_base_/siagcn.py", "_base_/panoptic.py", "_base_/shg.py"]
    train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
    val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
    test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
"""

input_size = (256, 256)
# paper silent: "a Gaussian peak". A cell wide, around the position that is not rounded,
# nowhere cut off; cell k lies at k * 256 / 64 pixels (the first author's earlier code).
codec = dict(
    type="MSRAHeatmap",
    input_size=input_size,
    heatmap_size=(64, 64),
    sigma=1.0,
    unbiased=True,
)
# paper silent: the filter that resizes; TopdownAffine's is bilinear. No augmentation.
crop = [
    dict(type="LoadImage"),
    dict(type="HandSquare", ratio=2.2),
    dict(type="TopdownAffine", input_size=input_size),
]
pack = dict(type="PackPoseInputs")
train_pipeline = [*crop, dict(type="GenerateTarget", encoder=codec), pack]
test_pipeline = [*crop, pack]

# The baseline: maps of all eight stacks are supervised, the first term of Eq. (4) with
# alpha = 1. SiaPose rows put their graph behind it.
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        # (0.485, 0.456, 0.406) and (0.229, 0.224, 0.225) times 255.
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    # paper silent: width, depth and residual modules are the usual ones.
    backbone=dict(type="StackedHourglass", num_stacks=8),
    head=dict(
        type="CPMHead",
        in_channels=21,
        out_channels=21,
        num_stages=8,
        final_layer=None,
        # paper silent: the mean over cells, times 30, in place of Eq. (4)'s sum;
        # SiaPose's own default.
        loss=dict(type="KeypointMSELoss", use_target_weight=True, loss_weight=30.0),
        decoder=codec,
    ),
    # paper silent on flipping; the maps are what CropSidePCK decodes.
    test_cfg=dict(flip_test=False, output_heatmaps=True),
)
optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=7.5e-4))
