"""table3, (a): Mask R-CNN for keypoints (torchvision's parts) on FPN-50."""

_base_ = [
    "_base_/runtime.py",
    "_base_/single.py",
    "_base_/single_512.py",
    "_base_/fpn50.py",
]
# paper silent: data, augmentation and schedule, those of the rows it is compared with.
model = dict(
    type="BottomupPoseEstimator",
    backbone=_base_.resnet50,
    neck=dict(_base_.fpn, num_outs=5),
    head=dict(
        _delete_=True, type="KeypointRCNNHead", in_channels=256, layers=(512,) * 8
    ),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
