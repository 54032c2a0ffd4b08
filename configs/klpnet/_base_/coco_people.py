"""COCO's people, whom Table 4 must be about: COCO annotates no others' keypoints."""

data_root = "data/coco/"
train_dataloader = dict(
    # Four GPUs make the batch of 128.
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="InfiniteSampler", shuffle=True),
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
        data_prefix=dict(img="val2017/"),
        test_mode=True,
    ),
)
test_dataloader = val_dataloader
# A detector's boxes of 56.4 AP on people, for rows whose keypoints have an identity.
detected = data_root + (
    "person_detection_results/COCO_val2017_detections_AP_H_56_person.json"
)
ann_file = data_root + "annotations/person_keypoints_val2017.json"
visualizer = dict(
    type="PoseLocalVisualizer", vis_backends=[dict(type="LocalVisBackend")]
)
