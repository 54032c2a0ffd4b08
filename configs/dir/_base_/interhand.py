"""InterHand2.6M v1.0, 5 fps, as prepared crops; simulated hands lie on disk alike."""

data_root = "data/interhand26m/"
folders = ["img", "mask", "dense", "anno"]

train_dataloader = dict(
    batch_size=64,
    num_workers=16,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="TwoHandsDataset",
        data_root=data_root,
        ann_file="prepared/train.json",
        data_prefix={name: f"prepared/train/{name}/" for name in folders},
        hands=None,
    ),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="TwoHandsDataset",
        data_root=data_root,
        ann_file="prepared/val.json",
        data_prefix={name: f"prepared/val/{name}/" for name in folders},
        hands=None,
        test_mode=True,
    ),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(
        val_dataloader["dataset"],
        ann_file="prepared/test.json",
        data_prefix={name: f"prepared/test/{name}/" for name in folders},
    ),
)
