"""table6, mask-rcnn-fpn-50-512: Mask R-CNN (torchvision's parts) for people alone."""

_base_ = [
    "_base_/runtime.py",
    "_base_/single.py",
    "_base_/single_512.py",
    "_base_/fpn50.py",
]
# paper silent: data, augmentation and schedule, those of the rows it is compared with.
model = dict(
    type="MaskEstimator",
    backbone=_base_.resnet50,
    neck=dict(_base_.fpn, num_outs=5),
    head=dict(_delete_=True, type="MaskRCNNHead", in_channels=256, layers=(256,) * 4),
)
encoder = dict(_base_.codec, outlines=True)
train_pipeline = [
    *_base_.train_pipeline[:-2],
    dict(type="GenerateTarget", encoder=encoder),
    _base_.pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
segm = dict(type="PersonSegmMetric", ann_file=_base_.val_evaluator.ann_file)
val_evaluator = dict(segm, _delete_=True)
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best="segm/AP"))
