"""table2, qnt: keypoints on whole cells before their Gaussian; a training of its own.

# paper silent: quantised how; as CenterNet does it.
"""

_base_ = "_base_/gog_hg104_coco.py"
codec = dict(_base_.codec, encoding="quantized")
long_edge = 640
model = dict(head=dict(decoder=codec), test_cfg=dict(flip_test=False))
target = dict(type="GenerateTarget", encoder=codec)
train_pipeline = [*_base_.augmentation, target, *_base_.packing]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
