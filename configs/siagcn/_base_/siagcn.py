"""SIA-GCN: the schedule and all else that no row changes (Section 4).

A SiaPose row takes `resnet18` for its pointer and `lower_alpha` beside the hooks.
"""

_base_ = "../../_base_/runtime.py"

# paper silent: that it starts from weights of ImageNet.
resnet18 = dict(
    type="ResNet",
    depth=18,
    init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet18"),
)
lower_alpha = dict(type="StageWeightHook", begin=40, before=1.0, after=0.1)

train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=100, val_interval=1)
param_scheduler = [dict(type="MultiStepLR", milestones=[60, 80], gamma=0.5)]
auto_scale_lr = dict(base_batch_size=32)
# paper silent: the seed and what a model is selected on, those of the first author's
# earlier code. Not `deterministic`: turning maps back has no such gradient on a GPU.
randomness = dict(seed=1024)

default_hooks = dict(checkpoint=dict(save_best="pck@0.04", rule="greater"))
visualizer = dict(
    type="PoseLocalVisualizer",
    vis_backends=[dict(type="LocalVisBackend")],
)
