"""SIA-GCN: the schedule and all else that no row changes (Section 4).

A SiaPose row takes `resnet18` for its pointer and `lower_alpha` beside the hooks.
"""

custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)
default_scope = "mmpose"

# paper silent: that it starts from weights of ImageNet.
resnet18 = dict(
    type="ResNet",
    depth=18,
    init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet18"),
)
lower_alpha = dict(type="StageWeightHook", begin=40, before=1.0, after=0.1)

train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=100, val_interval=1)
val_cfg = dict(type="ValLoop")
test_cfg = dict(type="TestLoop")
param_scheduler = [dict(type="MultiStepLR", milestones=[60, 80], gamma=0.5)]
auto_scale_lr = dict(base_batch_size=32)
# paper silent: the seed and what a model is selected on, those of the first author's
# earlier code. Not `deterministic`: turning maps back has no such gradient on a GPU.
randomness = dict(seed=1024)

default_hooks = dict(
    timer=dict(type="IterTimerHook"),
    logger=dict(type="LoggerHook", interval=50),
    param_scheduler=dict(type="ParamSchedulerHook"),
    checkpoint=dict(
        type="AtomicCheckpointHook",
        interval=1,
        max_keep_ckpts=3,
        save_best="pck@0.04",
        rule="greater",
    ),
    sampler_seed=dict(type="DistSamplerSeedHook"),
)
custom_hooks = [
    dict(type="SyncBuffersHook"),
    dict(type="PlainCheckpointHook"),
    dict(type="StepSeedHook"),
    dict(type="FiniteLossHook"),
]
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0),
    dist_cfg=dict(backend="nccl"),
)
visualizer = dict(
    type="PoseLocalVisualizer",
    vis_backends=[dict(type="LocalVisBackend")],
)
log_processor = dict(type="LogProcessor", window_size=50, by_epoch=True, num_digits=6)
log_level = "INFO"
load_from = None
resume = False
