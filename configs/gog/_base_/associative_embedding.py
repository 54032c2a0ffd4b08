"""Associative Embedding on HRNet-W32: MMPose's config of it, made to train.

A row joins this with gog_hg104_coco.py, whose data and hooks it shares, and with
CGANet's hrnet.py. MMPose's public weights of it are
bottom_up/hrnet_w32_coco_512x512-bcb8c247_20200816.pth of its model zoo. MMPose 1.x has
no training of it: the schedule is that of its 0.x, the pipeline that of its DEKR on the
same backbone.
"""

ae_codec = dict(
    type="PackedAssociativeEmbedding",
    input_size=(512, 512),
    heatmap_size=(128, 128),
    sigma=2,
    decode_topk=30,
    decode_center_shift=0.5,
    decode_keypoint_order=[0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16],
    decode_max_instances=30,
)
ae_head = dict(
    type="TrainableAssociativeEmbeddingHead",
    in_channels=32,
    num_keypoints=17,
    tag_dim=1,
    tag_per_keypoint=True,
    deconv_out_channels=None,
    keypoint_loss=dict(type="KeypointMSELoss", use_target_weight=True),
    tag_loss=dict(type="AssociativeEmbeddingLoss", loss_weight=0.001),
    # Maps are resized to the input before they are decoded.
    decoder=dict(ae_codec, heatmap_size=(512, 512)),
)
ae_test = dict(
    multiscale_test=False,
    flip_test=True,
    shift_heatmap=False,
    restore_heatmap_size=True,
    align_corners=False,
)
ae_train_steps = [
    dict(type="LoadImage"),
    dict(type="BottomupRandomAffine", input_size=(512, 512)),
    dict(type="RandomFlip", direction="horizontal"),
    dict(type="GenerateTarget", encoder=ae_codec),
    dict(type="BottomupGetHeatmapMask"),
]
ae_test_steps = [
    dict(type="LoadImage"),
    dict(
        type="BottomupResize",
        input_size=(512, 512),
        size_factor=64,
        resize_mode="expand",
    ),
]
ae_epochs = dict(max_epochs=300, val_interval=10)
ae_optimizer = dict(optimizer=dict(type="Adam", lr=1.5e-3))
ae_schedule = [
    dict(type="LinearLR", begin=0, end=500, start_factor=0.001, by_epoch=False),
    dict(type="MultiStepLR", begin=0, end=300, milestones=[200, 260], gamma=0.1),
]
