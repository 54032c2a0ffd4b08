"""CenterNet's poses, GOG's baseline: what differs from GOG, by its released code.

A row joins this with gog_hg104_coco.py, whose backbone, data and hooks it shares. The
public weights are multi_pose_hg_3x.pth (`mmsia test CONFIG multi_pose_hg_3x.pth`, its
own names); a training starts from the authors' detector, `mmsia train CONFIG --weights
ctdet_coco_hg.pth`.
"""

center_codec = dict(
    type="CenterNetPose",
    input_size=(512, 512),
    stride=4,
    min_iou=0.7,
    max_people=100,
    max_peaks=100,
    peak_thr=0.1,
    peak_reach=0.3,
)
center_head = dict(
    type="CenterNetPoseHead",
    in_channels=256,
    num_keypoints=17,
    num_stacks=2,
    decoder=center_codec,
)
center_model = dict(
    # Each of the released code's GPUs normalises its own images.
    use_syncbn=False,
    # Of COCO, for channels in the order blue, green, red.
    data_preprocessor=dict(
        mean=[104.01362, 114.03422, 119.91659],
        std=[73.60276, 69.89082, 70.91506],
        bgr_to_rgb=False,
    ),
    test_cfg=dict(flip_test=True),
)
center_train_steps = [
    dict(type="LoadImage"),
    # The released code draws the middle of the crop from all but the outer 128 pixels
    # and the scale from eight values in this range, both the same for x and y.
    dict(
        type="BottomupRandomAffine",
        input_size=(512, 512),
        scale_type="long",
        scale_factor=(0.6, 1.3),
        shift_factor=0.25,
        rotate_prob=0.0,
        distribution="uniform",
        bbox_keep_corner=False,
    ),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    dict(type="ColourJitter", strength=0.4),
    dict(type="GenerateTarget", encoder=center_codec),
]
center_test_steps = [
    dict(type="LoadImage"),
    dict(type="OffsetGuidedResize", mode="own_size", size=640, fill=(0, 0, 0)),
]
center_epochs = dict(max_epochs=150)
center_optimizer = dict(optimizer=dict(type="Adam", lr=2.5e-4))
center_schedule = [dict(type="MultiStepLR", milestones=[130], gamma=0.1)]
