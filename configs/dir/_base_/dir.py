"""DIR: network, pipelines and schedule, as released; a row joins them with data:

_base_ = ["_base_/dir.py", "_base_/interhand.py"]
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
"""

custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)
default_scope = "mmpose"

# Converted MANO files, for the network, its data and its metric; None: the stand-in.
hands = None
# Of the network and of the metric.
root = "wrist"
# Side of the crops, pixels: as prepared; the network takes any multiple of 32.
long_edge = 256

train_pipeline = [
    dict(type="LoadTwoHands", hands=hands),
    dict(
        type="TwoHandsAffine",
        flip_prob=0.5,
        max_rotation=180.0,
        scale_range=(0.9, 1.1),
        max_shift=10 / 256,
        keep="camera",
    ),
    dict(type="LineBlur", prob=0.3, lengths=(3, 9)),
    dict(type="GainShiftNoise", gain=0.3, shift=0.05, noise=0.01),
    dict(type="PackTwoHands"),
]
# Released: colours change in the test during training, too.
test_pipeline = [
    dict(type="LoadTwoHands", maps=False, hands=hands),
    dict(type="PackTwoHands"),
]

model = dict(
    type="DIR",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        # (0.485, 0.456, 0.406) and (0.229, 0.224, 0.225) times 255.
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type="ResNet",
        depth=50,
        out_indices=(1, 2, 3),
        init_cfg=dict(
            type="Pretrained", checkpoint="torchvision://resnet50.imagenet1k_v2"
        ),
    ),
    head=dict(
        type="TwoHandsHead",
        in_channels=(512, 1024, 2048),
        num_stages=2,
        channels=256,
        joint_channels=128,
        features=64,
        hands=hands,
        root=root,
    ),
)

train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=50, val_interval=1)
val_cfg = dict(type="ValLoop")
test_cfg = dict(type="TestLoop")
optim_wrapper = dict(
    type="OptimWrapper", optimizer=dict(type="AdamW", lr=5e-4, weight_decay=0.01)
)
param_scheduler = [dict(type="CosineAnnealingLR", T_max=50, eta_min=0.0)]
auto_scale_lr = dict(base_batch_size=64)

val_evaluator = dict(type="HandMeshError", preset="dir", root=root, hands=hands)
test_evaluator = dict(val_evaluator, stages=True)

# Released: the best epoch on the test split. Here it is the validation split's.
default_hooks = dict(
    timer=dict(type="IterTimerHook"),
    logger=dict(type="LoggerHook", interval=50),
    param_scheduler=dict(type="ParamSchedulerHook"),
    checkpoint=dict(
        type="AtomicCheckpointHook",
        interval=1,
        max_keep_ckpts=3,
        save_best="mpjpe",
        rule="less",
    ),
    sampler_seed=dict(type="DistSamplerSeedHook"),
)
custom_hooks = [
    dict(type="SyncBuffersHook"),
    dict(type="PlainCheckpointHook"),
    dict(type="StepSeedHook"),
    dict(type="FiniteLossHook"),
]
visualizer = dict(
    type="HandMeshVisualizer", hands=hands, vis_backends=[dict(type="LocalVisBackend")]
)
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0),
    dist_cfg=dict(backend="nccl"),
)
log_processor = dict(type="LogProcessor", window_size=50, by_epoch=True, num_digits=6)
log_level = "INFO"
load_from = None
resume = False
