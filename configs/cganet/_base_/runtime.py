"""CGANet: hooks and environment that all configs share."""

_base_ = "../../_base_/runtime.py"

default_hooks = dict(checkpoint=dict(save_best="coco/AP", rule="greater"))
visualizer = dict(
    type="PoseLocalVisualizer",
    vis_backends=[dict(type="LocalVisBackend")],
)
