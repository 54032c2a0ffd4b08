"""table3-mhp, beside its rows: the 3 x 3 CPM alone.

Not printed; what r-siapose gains can only be told from it.
"""

_base_ = ["_base_/siagcn.py", "_base_/mhp.py", "_base_/cpm.py"]
model = dict(
    backbone=dict(kernel_size=3),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
