"""KLPNet's keypoints and links: schedule, hooks and environment of all configs."""

custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)
default_scope = "mmpose"

# "180k iterations" on four GPUs. paper silent: the rest; Adam from 5e-4 down to 0 in a
# line after a warm-up, 32 crops a GPU, no decay of biases, as MSPN is trained.
train_cfg = dict(type="IterBasedTrainLoop", max_iters=180000, val_interval=10000)
val_cfg = dict(type="ValLoop")
test_cfg = dict(type="TestLoop")
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="Adam", lr=5e-4, weight_decay=1e-5),
    paramwise_cfg=dict(bias_decay_mult=0.0),
)
param_scheduler = [
    dict(type="LinearLR", begin=0, end=2400, start_factor=0.1, by_epoch=False),
    dict(
        type="LinearLR",
        begin=2400,
        end=180000,
        start_factor=1.0,
        end_factor=0.0,
        by_epoch=False,
    ),
]
auto_scale_lr = dict(base_batch_size=128)

# The last weights count: what is learned of categories is learned with them.
default_hooks = dict(
    timer=dict(type="IterTimerHook"),
    logger=dict(type="LoggerHook", interval=50),
    param_scheduler=dict(type="ParamSchedulerHook"),
    checkpoint=dict(
        type="AtomicCheckpointHook", interval=5000, by_epoch=False, max_keep_ckpts=3
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
log_processor = dict(type="LogProcessor", window_size=50, by_epoch=False, num_digits=6)
log_level = "INFO"
load_from = None
resume = False
