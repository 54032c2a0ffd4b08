"""table3, centernet: test-dev, images as they are, flip; `mmsia export` writes it."""

_base_ = ["_base_/gog_hg104_coco.py", "_base_/centernet.py"]
codec = dict(_delete_=True, **_base_.center_codec)
long_edge = 640
model = dict(head=dict(_delete_=True, **_base_.center_head), **_base_.center_model)
train_pipeline = [*_base_.center_train_steps, _base_.pack]
test_pipeline = [*_base_.center_test_steps, _base_.pack]
train_dataloader = dict(dataset=dict(images="people", pipeline=train_pipeline))
val_dataloader = dict(batch_size=1, dataset=dict(pipeline=test_pipeline))
file = "annotations/image_info_test-dev2017.json"
prefix = dict(img="test2017/")
test_set = dict(images="all", ann_file=file, data_prefix=prefix, pipeline=test_pipeline)
test_dataloader = dict(batch_size=1, dataset=test_set)
test_evaluator = dict(
    ann_file=_base_.data_root + file,
    format_only=True,
    outfile_prefix="work_dirs/centernet_hg104_testdev/results",
)
train_cfg = _base_.center_epochs
optim_wrapper = _base_.center_optimizer
param_scheduler = _base_.center_schedule
auto_scale_lr = dict(base_batch_size=24)
