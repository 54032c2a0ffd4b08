"""table5, ours-separated: TNet-D3W96; `mmsia export` writes it."""

_base_ = ["_base_/runtime.py", "_base_/separated.py", "_base_/separated_384x288.py"]
# paper silent: the reverse path; from output to output, as only the finest is used.
model = dict(
    backbone=dict(type="TNet", depth=3, width=96, arch="seq", out_indices=(0,)),
    head=dict(in_channels=168, deconv_out_channels=None),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline, **_base_.testdev))
test_evaluator = dict(
    ann_file=_base_.testdev_file,
    format_only=True,
    outfile_prefix="work_dirs/separated_384x288_d3w96_testdev/results",
)
