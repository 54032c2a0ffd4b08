"""table2, ours-ro: exact encoding and refinement offsets; a training of its own."""

_base_ = "_base_/gog_hg104_coco.py"
codec = dict(_base_.codec, encoding="exact", refinement="offset")
long_edge = 640
model = dict(
    head=dict(
        decoder=codec,
        refinement=True,
        # paper silent: runs of the released code used 0.1 or 10, per 8 images.
        refinement_loss=dict(
            type="GuidingOffsetLoss", divide_by_batch=False, loss_weight=1.25
        ),
    ),
    test_cfg=dict(flip_test=False),
)
target = dict(type="GenerateTarget", encoder=codec)
train_pipeline = [*_base_.augmentation, target, *_base_.packing]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
