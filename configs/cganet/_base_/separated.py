"""The separated model (Tables 4 and 5): people cut out of COCO, and the schedule.

A row joins this with the hooks and with an input size of the files beside this one:

    _base_ = ["_base_/runtime.py", "_base_/separated.py", "_base_/separated_256x192.py"]
    train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
    val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
    test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
"""

data_root = "data/coco/"
# The batch of Table 4: 64 on each of three GPUs.
train_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="CocoDataset",
        data_mode="topdown",
        data_root=data_root,
        ann_file="annotations/person_keypoints_train2017.json",
        data_prefix=dict(img="train2017/"),
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CocoDataset",
        data_mode="topdown",
        data_root=data_root,
        ann_file="annotations/person_keypoints_val2017.json",
        # Boxes of 56.4 AP on people; the paper's own, of 55.8, are not published.
        bbox_file=data_root
        + "person_detection_results/COCO_val2017_detections_AP_H_56_person.json",
        data_prefix=dict(img="val2017/"),
        test_mode=True,
    ),
)
test_dataloader = val_dataloader
# Poses of one image are suppressed by their OKS, MMPose's default.
val_evaluator = dict(
    type="CocoMetric",
    ann_file=data_root + "annotations/person_keypoints_val2017.json",
)
test_evaluator = val_evaluator

# paper silent: "the general top-down process", that of SimpleBaseline and HRNet, for
# all rows alike; the warm-up is MMPose's.
train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=210, val_interval=10)
optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-3))
param_scheduler = [
    dict(type="LinearLR", begin=0, end=500, start_factor=0.001, by_epoch=False),
    dict(type="MultiStepLR", begin=0, end=210, milestones=[170, 200], gamma=0.1),
]
auto_scale_lr = dict(base_batch_size=192)

# test-dev, whose annotations only COCO's server has; boxes of 60.9 AP on its people.
testdev_file = data_root + "annotations/image_info_test-dev2017.json"
testdev = dict(
    ann_file="annotations/image_info_test-dev2017.json",
    bbox_file=data_root
    + "person_detection_results/COCO_test-dev2017_detections_AP_H_609_person.json",
    data_prefix=dict(img="test2017/"),
)
