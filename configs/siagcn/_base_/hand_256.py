"""Stacked Hourglass: 256 x 256 pixels in, 64 x 64 maps out.

Codec and pipelines; a row joins them with one of the data sets beside this file:

    _base_ = ["_base_/panoptic.py", "_base_/hand_256.py", ...]
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
