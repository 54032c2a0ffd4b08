"""TNet-D3W96 on ImageNet, for the single model of Table 5."""

_base_ = ["../_base_/runtime.py", "_base_/imagenet.py"]
model = dict(backbone=dict(type="TNet", depth=3, width=96, out_indices=(0, 1, 2, 3)))
default_hooks = dict(checkpoint=dict(save_best="accuracy/top1"))
