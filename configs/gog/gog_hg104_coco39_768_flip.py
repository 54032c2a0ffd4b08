"""table1, ours-3-plus: 39 limbs, long edge 768, with flip.

The FPS columns are this config's on the table's device; FP16: test_cfg.fp16=True.
"""

_base_ = "_base_/gog_hg104_coco.py"
# paper silent: which 39; coco39 is chosen by a rule (mmsia.ops.limbs).
codec = dict(_base_.codec, limbs="coco39")
long_edge = 768
model = dict(head=dict(decoder=codec), test_cfg=dict(flip_test=True))
target = dict(type="GenerateTarget", encoder=codec)
train_pipeline = [*_base_.augmentation, target, *_base_.packing]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_pipeline = [
    dict(type="LoadImage"),
    dict(type="OffsetGuidedResize", mode="long_edge", size=long_edge),
    _base_.pack,
]
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
