"""table5, ours-single: TNet-D3W96 at input 512; `mmsia export` writes it."""

_base_ = ["_base_/runtime.py", "_base_/single.py", "_base_/single_512.py"]
codec = dict(extension="dichotomy", ratio=0.09, line_thr=0.08, alleviate=True)
# paper silent: ROIGuider's width, that of the other rows.
model = dict(
    backbone=dict(type="TNet", depth=3, width=96),
    head=dict(in_channels=144, channels=64, lines=True, decoder=codec),
    roi_head=dict(
        type="ROIGuider",
        in_channels=(144, 264, 384),
        channels=240,
        input_size=512,
        num_guiders=2,
    ),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline, **_base_.testdev))
test_evaluator = dict(
    ann_file=_base_.testdev_file,
    format_only=True,
    outfile_prefix="work_dirs/cganet_512_d3w96_testdev/results",
)
