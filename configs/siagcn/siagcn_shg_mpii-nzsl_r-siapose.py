"""table4, r-siapose-shg: R-SiaPose on Stacked Hourglass, fine-tuned.

Starts from what siagcn_shg_panoptic_r-siapose.py was trained to.
# paper silent: how it is tuned; a tenth of the rate, constant, alpha as it ended.
# paper silent: the number of heads, here the ten of Table 1.
"""

_base_ = ["_base_/siagcn.py", "_base_/mpii_nzsl.py", "_base_/shg.py"]
model = dict(
    type="RSiaPose",
    graph=dict(type="SIAGCN", num_heads=10, num_layers=5, kernel_size=45),
    pointer=dict(backbone=_base_.resnet18),
    rotation=dict(backbone=_base_.resnet18),
    trained="joint",
    stage_weight=0.1,
)
train_cfg = dict(max_epochs=40)
optim_wrapper = dict(optimizer=dict(lr=7.5e-5))
param_scheduler = []
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
