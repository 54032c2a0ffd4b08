"""TNet-D1W64 on ImageNet, for the single models of Tables 1 to 3 and 6."""

_base_ = ["../_base_/runtime.py", "_base_/imagenet.py"]
model = dict(backbone=dict(type="TNet", depth=1, width=64, out_indices=(0, 1, 2, 3)))
default_hooks = dict(checkpoint=dict(save_best="accuracy/top1"))
