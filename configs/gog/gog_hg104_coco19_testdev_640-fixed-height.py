"""table3, ours-final-768: the mode that its numbers came from (notes, section 16)."""

_base_ = "_base_/gog_hg104_coco.py"
long_edge = 640
model = dict(test_cfg=dict(flip_test=True))
ann_file = "annotations/image_info_test-dev2017.json"
test_dataloader = dict(
    batch_size=1,
    dataset=dict(
        images="all",
        ann_file=ann_file,
        data_prefix=dict(img="test2017/"),
        pipeline=[
            dict(type="LoadImage"),
            dict(type="OffsetGuidedResize", mode="fixed_height", size=long_edge),
            _base_.pack,
        ],
    ),
)
test_evaluator = dict(
    ann_file=_base_.data_root + ann_file,
    format_only=True,
    outfile_prefix="work_dirs/gog_hg104_coco19_testdev_640-fixed-height/results",
)
