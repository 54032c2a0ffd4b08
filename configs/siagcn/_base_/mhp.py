"""Large-scale Multiview 3D Hand Pose Dataset (MHP), 70/15/15 (Section 4).

`mmsia prepare mhp` makes the annotations and the files of the split.
`sequence.json` in place of `random.json` keeps the 21 recordings apart.
"""

data_root = "data/mhp/"
split_file = "splits/random.json"
ann_file = "annotations/mhp.json"

# paper silent: the batch size, that of the first author's earlier code.
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
    val_dataloader, dataset=dict(val_dataloader["dataset"], parts="test")
)
val_evaluator = dict(type="CropSidePCK")
test_evaluator = val_evaluator
