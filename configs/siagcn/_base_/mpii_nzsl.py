"""MPII+NZSL hands, the released training and test folders (Table 4).

`mmsia prepare mpii_nzsl` makes the annotations and the files of the split.
"""

data_root = "data/mpii_nzsl/"
split_file = "splits/random.json"
ann_file = "annotations/mpii_nzsl_train.json"

# paper silent: the batch size, that of the first author's earlier code; what a model is
# selected on: 15 % of the training folder. parts=("train", "val") trains on all of it.
train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="HandCropDataset",
        data_root=data_root,
        ann_file=ann_file,
        split_file=split_file,
        parts="train",
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="HandCropDataset",
        data_root=data_root,
        ann_file=ann_file,
        split_file=split_file,
        parts="val",
        test_mode=True,
    ),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(
        type="HandCropDataset",
        data_root=data_root,
        ann_file="annotations/mpii_nzsl_test.json",
        test_mode=True,
    ),
)
val_evaluator = dict(type="CropSidePCK")
test_evaluator = val_evaluator
