"""Pascal3D+ as objects in COCO's form: `annotations/objects_<split>.json`."""

data_root = "data/pascal3d/"
classes = [
    "aeroplane",
    "bicycle",
    "boat",
    "bottle",
    "bus",
    "car",
    "chair",
    "diningtable",
    "motorbike",
    "sofa",
    "train",
    "tvmonitor",
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
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="ObjectKeypointDataset",
        classes=classes,
        data_root=data_root,
        ann_file="annotations/objects_val.json",
        data_prefix=dict(img=""),
        test_mode=True,
    ),
)
test_dataloader = val_dataloader
# "The subset of the validation set that is non-truncated and non-occluded"; StarMap,
# whose evaluation this is, leaves difficult ones out as well.
without = ["truncated", "occluded", "difficult"]
# Which part a keypoint is comes from features that are learned when training ends.
val_evaluator = dict(
    type="ObjectPCK", classes=classes, without=without, identities=["oracle"]
)
test_evaluator = dict(type="ObjectPCK", classes=classes, without=without)
