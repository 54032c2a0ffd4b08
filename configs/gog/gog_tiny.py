"""A GOG small enough for a CPU: smoke runs and tests, no row of any table."""

_base_ = "_base_/gog_hg104_coco.py"
long_edge = 256
input_size = (long_edge, long_edge)
codec = dict(_base_.codec, input_size=input_size)
model = dict(
    use_syncbn=False,
    backbone=dict(
        _delete_=True,
        type="NarrowHourglassNet",
        downsample_times=3,
        num_stacks=2,
        stage_channels=(48, 64, 96, 128),
        stage_blocks=(1, 1, 1, 1),
        feat_channel=64,
    ),
    head=dict(in_channels=64, decoder=codec),
)
load = dict(type="LoadImage")
warp = dict(type="OffsetGuidedAffine", input_size=input_size, scale_range=(0.3, 0.8))
target = dict(type="GenerateTarget", encoder=codec)
train_pipeline = [load, dict(type="IgnoreRegions"), warp, target, *_base_.packing]
resize = dict(type="OffsetGuidedResize", mode="long_edge", size=long_edge)
train_dataloader = dict(batch_size=4, dataset=dict(pipeline=train_pipeline))
test_pipeline = [load, resize, _base_.pack]
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
