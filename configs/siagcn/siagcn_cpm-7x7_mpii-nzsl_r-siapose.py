"""table4, r-siapose-cpm: R-SiaPose on CPM, fine-tuned.

Starts from what siagcn_cpm-7x7_panoptic_r-siapose.py was trained to.
# paper silent: how it is tuned; a tenth of the rate, constant, alpha as it ended.
# paper silent: which CPM and how many heads; here those of Table 2.
"""

_base_ = ["_base_/siagcn.py", "_base_/mpii_nzsl.py", "_base_/cpm.py"]
model = dict(
    type="RSiaPose",
    graph=dict(type="SIAGCN", num_heads=10, num_layers=5, kernel_size=45),
    pointer=dict(backbone=_base_.resnet18),
    rotation=dict(backbone=_base_.resnet18),
    trained="joint",
    stage_weight=0.1,
)
train_cfg = dict(max_epochs=40)
optim_wrapper = dict(optimizer=dict(lr=1e-5))
param_scheduler = []
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
