"""ObjectNet3D as objects in COCO's form: the categories of Table 5 that it has.

Two of the table's columns, console and mirror, are no categories of ObjectNet3D.
"""

data_root = "data/objectnet3d/"
classes = [
    "bed",
    "sofa",
    "bookshelf",
    "chair",
    "tvmonitor",
    "cabinet",
    "microwave",
    "guitar",
    "car",
    "bus",
    "aeroplane",
    "piano",
    "helmet",
    "speaker",
    "knife",
    "printer",
]
train_dataloader = dict(
    # Four GPUs make the batch of 128.
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="InfiniteSampler", shuffle=True),
    dataset=dict(
        type="ObjectKeypointDataset",
        classes=classes,
        data_root=data_root,
        ann_file="annotations/objects_train.json",
        data_prefix=dict(img=""),
    ),
)
# LIS wants all objects of an image at once.
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    batch_sampler=dict(type="WholeImageBatchSampler"),
    dataset=dict(
        type="ObjectKeypointDataset",
        classes=classes,
        data_root=data_root,
        ann_file="annotations/objects_test.json",
        data_prefix=dict(img=""),
        test_mode=True,
    ),
)
test_dataloader = val_dataloader
# paper silent: Table 5's metric. PCK as in Table 3, which its comparisons report.
val_evaluator = dict(type="ObjectPCK", classes=classes, identities=["oracle"])
test_evaluator = dict(type="ObjectPCK", classes=classes)
