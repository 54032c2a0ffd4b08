"""ImageNet classification: images, test, and the schedule.

paper silent on all of it: the recipe that torchvision's ResNets were trained with.
"""

num_classes = 1000
input_size = 224
data_root = "data/imagenet/"
images = dict(
    type="ImageFolderDataset",
    data_root=data_root,
    num_classes=num_classes,
    input_size=input_size,
)
train_dataloader = dict(
    # Four GPUs make the batch of 256.
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(images, data_prefix=dict(img="train/")),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(images, data_prefix=dict(img="val/"), test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = dict(type="TopAccuracy", topk=(1, 5))
test_evaluator = val_evaluator

model = dict(
    type="PoolClassifier",
    num_classes=num_classes,
    # As the pose networks, whose images come as BGR.
    data_preprocessor=dict(
        type="ImgDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)

train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=90, val_interval=1)
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="SGD", lr=0.1, momentum=0.9, weight_decay=1e-4),
)
param_scheduler = [
    dict(type="MultiStepLR", begin=0, end=90, milestones=[30, 60], gamma=0.1)
]
auto_scale_lr = dict(base_batch_size=256)
