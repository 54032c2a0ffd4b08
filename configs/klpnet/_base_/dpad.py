"""DPAD's detector, as changes to a Mask R-CNN of MMDetection, which a row names.

Data are COCO's 80 categories: which "20 types of rigid bodies" the text means is not
said, and Table 1's other rows are those of all. Box AP and mask AP are both reported,
since Table 1 seems to mix them.
"""

# "Batch normalization calculates activation statistics from four different images on
# each layer": MMDetection's detectors keep those of ImageNet.
trunk = dict(norm_eval=False)
strides = [8, 16, 32, 64, 128, 256, 512]
roi_extractor = dict(type="MaxRoIExtractor", featmap_strides=strides)
dpad = dict(
    # N3 to N9. Images of 1333 x 800 leave 3 x 2 cells to N9.
    neck=dict(type="DPAD", num_outs=7),
    rpn_head=dict(
        # From 32 pixels on, as FPN's with strides from 4 on.
        anchor_generator=dict(scales=[4], strides=strides)
    ),
    roi_head=dict(
        bbox_roi_extractor=roi_extractor,
        # Its weight is MMDetection's for this loss.
        bbox_head=dict(
            reg_decoded_bbox=True, loss_bbox=dict(type="CIoULoss", loss_weight=12.0)
        ),
        mask_roi_extractor=roi_extractor,
    ),
)

# "Mosaic that combines four training images with different scales to one image".
# paper silent: the scales, and what is cut out of the four: a square of 1024 pixels,
# without which the level of stride 512 has hardly a cell, at half to one and a quarter
# of their size.
load = [
    dict(type="LoadImageFromFile"),
    dict(type="TraceRunLengths"),
    dict(type="LoadAnnotations", with_bbox=True, with_mask=True, poly2mask=False),
]
mosaic_pipeline = [
    dict(type="DrawnMosaic", img_scale=(1024, 1024), pad_val=114.0),
    dict(
        type="RandomResize",
        scale=(2048, 2048),
        ratio_range=(0.5, 1.25),
        keep_ratio=True,
    ),
    dict(
        type="RandomCrop",
        crop_size=(1024, 1024),
        recompute_bbox=True,
        allow_negative_crop=True,
    ),
    dict(type="RandomFlip", prob=0.5),
    dict(type="FilterAnnotations", min_gt_bbox_wh=(1, 1), keep_empty=False),
    dict(type="PackDetInputs"),
]

# "180k iterations" on four GPUs. paper silent: the rest; 16 images make them
# MMDetection's schedule of two dozen epochs, with its drops.
train_loop = dict(
    _delete_=True, type="IterBasedTrainLoop", max_iters=180000, val_interval=20000
)
learning_rates = [
    dict(type="LinearLR", start_factor=0.001, by_epoch=False, begin=0, end=500),
    dict(
        type="MultiStepLR",
        begin=0,
        end=180000,
        by_epoch=False,
        milestones=[120000, 160000],
        gamma=0.1,
    ),
]
train_loader = dict(
    batch_size=4,
    sampler=dict(type="InfiniteSampler", shuffle=True),
    batch_sampler=None,
    dataset=dict(
        _delete_=True,
        type="MultiImageMixDataset",
        dataset=dict(
            type="CocoDataset",
            data_root="data/coco/",
            ann_file="annotations/instances_train2017.json",
            data_prefix=dict(img="train2017/"),
            filter_cfg=dict(filter_empty_gt=True, min_size=32),
            pipeline=load,
        ),
        pipeline=mosaic_pipeline,
    ),
)
saving = dict(type="AtomicCheckpointHook", interval=10000, by_epoch=False)
