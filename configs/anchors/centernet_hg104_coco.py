"""Anchor: CenterNet's poses as released, all 5000 images of val2017, with flip."""

_base_ = ["../gog/_base_/gog_hg104_coco.py", "../gog/_base_/centernet.py"]
codec = dict(_delete_=True, **_base_.center_codec)
long_edge = 640
model = dict(head=dict(_delete_=True, **_base_.center_head), **_base_.center_model)
test_pipeline = [*_base_.center_test_steps, _base_.pack]
# Images keep their size: one a batch.
val_dataloader = dict(batch_size=1, dataset=dict(images="all", pipeline=test_pipeline))
test_dataloader = val_dataloader
