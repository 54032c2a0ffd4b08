"""table4, shg: Stacked Hourglass alone, fine-tuned.

Starts from what siagcn_shg_panoptic_baseline.py was trained to.
# paper silent: how it is tuned; a tenth of the rate, constant.
"""

_base_ = ["_base_/siagcn.py", "_base_/mpii_nzsl.py", "_base_/shg.py"]
train_cfg = dict(max_epochs=40)
optim_wrapper = dict(optimizer=dict(lr=7.5e-5))
param_scheduler = []
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
