"""table4, ours-d3w64: TNet-D3W64, without pre-training."""

_base_ = ["_base_/runtime.py", "_base_/separated.py", "_base_/separated_256x192.py"]
# paper silent: the reverse path; from output to output, as only the finest is used.
model = dict(
    backbone=dict(type="TNet", depth=3, width=64, arch="seq", out_indices=(0,)),
    head=dict(in_channels=112, deconv_out_channels=None),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
