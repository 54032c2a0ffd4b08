"""TNet-D3W64 on ImageNet, for the separated model of Table 4."""

_base_ = ["../_base_/runtime.py", "_base_/imagenet.py"]
model = dict(
    backbone=dict(type="TNet", depth=3, width=64, arch="seq", out_indices=(0, 1, 2, 3))
)
default_hooks = dict(checkpoint=dict(save_best="accuracy/top1"))
