"""table4, cpm: CPM alone, fine-tuned.

Starts from what siagcn_cpm-7x7_panoptic_baseline.py was trained to.
# paper silent: how it is tuned; a tenth of the rate, constant.
# paper silent: which CPM; here that of Table 2.
"""

_base_ = ["_base_/siagcn.py", "_base_/mpii_nzsl.py", "_base_/cpm.py"]
train_cfg = dict(max_epochs=40)
optim_wrapper = dict(optimizer=dict(lr=1e-5))
param_scheduler = []
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
