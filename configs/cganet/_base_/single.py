"""The single model (Tables 1 to 3, 5 and 6): whole images of COCO, and the schedule.

A row joins this with the hooks and with an input size of the files beside this one:

    _base_ = ["_base_/runtime.py", "_base_/single.py", "_base_/single_384.py"]
    train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
    val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
    test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
"""

data_root = "data/coco/"
train_dataloader = dict(
    # Four GPUs make the batch of 32; one GPU: batch_size=32.
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="CocoPeopleDataset",
        # "57k images" of train2017 are those with keypoints.
        images="annotated",
        data_root=data_root,
        ann_file="annotations/person_keypoints_train2017.json",
        data_prefix=dict(img="train2017/"),
    ),
)
# Images keep their aspect: one a batch.
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CocoPeopleDataset",
        images="all",
        data_root=data_root,
        ann_file="annotations/person_keypoints_val2017.json",
        data_prefix=dict(img="val2017/"),
        test_mode=True,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    type="CocoMetric",
    ann_file=data_root + "annotations/person_keypoints_val2017.json",
    nms_mode="none",
    score_mode="bbox",
)
test_evaluator = val_evaluator

train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=95, val_interval=5)
# paper silent: batch, momentum, decay and warm-up; clipped as MMDetection's CenterNet.
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="SGD", lr=1e-2, momentum=0.9, weight_decay=1e-4),
    clip_grad=dict(max_norm=35, norm_type=2),
)
param_scheduler = [
    dict(type="LinearLR", begin=0, end=500, start_factor=0.001, by_epoch=False),
    dict(type="MultiStepLR", begin=0, end=95, milestones=[70, 85], gamma=0.1),
]
auto_scale_lr = dict(base_batch_size=32)

# test-dev, whose annotations only COCO's server has.
testdev_file = data_root + "annotations/image_info_test-dev2017.json"
testdev = dict(
    ann_file="annotations/image_info_test-dev2017.json",
    data_prefix=dict(img="test2017/"),
)
