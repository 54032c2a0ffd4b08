"""DPAD's detector, a small one, learns to find simulated objects."""

from __future__ import annotations

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

import mmsia.all  # noqa: F401, registers the parts
from mmsia.datasets.simulated.objects import write_objects
from mmsia.datasets.simulated.objects_categories import CATEGORIES
from mmsia.paths import project_root

CONFIG = project_root() / "configs" / "klpnet" / "dpad_x101_coco.py"
SIZE = (128, 96)
LEVELS = 4
"""N3 to N6: strides of 8 to 64 pixels."""


def small_model() -> dict:
    """The config's detector on a narrow ResNet-18, without masks."""
    model = Config.fromfile(CONFIG).model.to_dict()
    strides = model["rpn_head"]["anchor_generator"]["strides"][:LEVELS]
    model["type"] = "FasterRCNN"
    model["backbone"] = dict(
        type="ResNet", depth=18, base_channels=32, stem_channels=32, norm_eval=False
    )
    model["neck"].update(
        in_channels=(32, 64, 128, 256), out_channels=64, num_outs=LEVELS
    )
    model["rpn_head"].update(in_channels=64, feat_channels=64)
    model["rpn_head"]["anchor_generator"]["strides"] = strides
    for part in ("mask_head", "mask_roi_extractor"):
        model["roi_head"].pop(part)
    model["roi_head"]["bbox_roi_extractor"].update(
        out_channels=64, featmap_strides=strides
    )
    model["roi_head"]["bbox_head"].update(
        in_channels=64, fc_out_channels=256, num_classes=len(CATEGORIES)
    )
    model["train_cfg"]["rpn_proposal"].update(nms_pre=200, max_per_img=100)
    model["train_cfg"]["rpn"]["sampler"]["num"] = 64
    # RoIAlign of all levels is what takes most time
    model["train_cfg"]["rcnn"]["sampler"]["num"] = 16
    model["test_cfg"]["rpn"].update(nms_pre=200, max_per_img=100)
    return model


def loader(folder, split, *pipeline, **options):
    return dict(
        num_workers=0,
        dataset=dict(
            type="CocoDataset",
            metainfo=dict(classes=tuple(CATEGORIES)),
            data_root=str(folder),
            ann_file=f"annotations/objects_{split}.json",
            data_prefix=dict(img=""),
            pipeline=[
                dict(type="LoadImageFromFile"),
                dict(type="LoadAnnotations", with_bbox=True),
                *pipeline,
                dict(
                    type="PackDetInputs",
                    meta_keys=("img_id", "ori_shape", "img_shape", "scale_factor"),
                ),
            ],
            test_mode=split != "train",
        ),
        **options,
    )


def training(folder, num_steps) -> Config:
    return Config(
        dict(
            default_scope="mmdet",
            experiment_name=f"dpad-{folder.name}",
            work_dir=str(folder / "work"),
            model=small_model(),
            train_dataloader=loader(
                folder,
                "train",
                dict(type="Resize", scale=SIZE, keep_ratio=True),
                dict(type="RandomFlip", prob=0.5),
                batch_size=16,
                sampler=dict(type="InfiniteSampler", shuffle=True),
            ),
            val_dataloader=loader(
                folder,
                "val",
                dict(type="Resize", scale=SIZE, keep_ratio=True),
                batch_size=8,
                sampler=dict(type="DefaultSampler", shuffle=False),
            ),
            train_cfg=dict(
                type="IterBasedTrainLoop", max_iters=num_steps, val_interval=num_steps
            ),
            val_cfg=dict(),
            val_evaluator=dict(
                type="CocoMetric",
                ann_file=str(folder / "annotations/objects_val.json"),
                metric="bbox",
            ),
            optim_wrapper=dict(
                optimizer=dict(type="AdamW", lr=1e-3, weight_decay=0.05),
                clip_grad=dict(max_norm=10),
            ),
            param_scheduler=[
                dict(type="LinearLR", start_factor=0.01, by_epoch=False, end=50),
                dict(type="CosineAnnealingLR", by_epoch=False, T_max=num_steps),
            ],
            default_hooks=dict(checkpoint=None),
            log_processor=dict(by_epoch=False),
            randomness=dict(seed=0),
        )
    )


@pytest.mark.slow
def test_finds_simulated_objects_with_a_box_ap_above_50(tmp_path):
    """Lone objects of 14 categories, other images than the training's: it was 62.1.

    About eight minutes on a core.
    """
    write_objects(tmp_path, 2000, 0, preset="easy", split="train")
    write_objects(tmp_path, 150, 0, preset="easy", split="val")
    runner = Runner.from_cfg(training(tmp_path, 1200))
    runner.train()
    scores = runner.val()
    assert 100 * scores["coco/bbox_mAP"] > 50, scores
