"""MMPose's runner trains CGANet from a plain config that names `mmsia.all`."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from mmsia.datasets.simulated import people
from tests.models.estimators.small_cganet import small_config

SIZE = 192
CODEC = dict(type="CenterLines", input_size=(SIZE, SIZE), extension="dichotomy")
META = ("id", "img_id", "img_path", "ori_shape", "img_shape", "input_size")
META += ("input_center", "input_scale", "flip_indices", "raw_ann_info")
PACK = dict(type="PackPoseInputs", meta_keys=META)


def loader(folder: Path, testing: bool) -> dict:
    resize = dict(type="OffsetGuidedResize", mode="long_edge", size=SIZE)
    steps = [dict(type="LoadImage"), dict(resize, with_annotations=not testing)]
    if not testing:
        steps.append(dict(type="GenerateTarget", encoder=CODEC))
    return dict(
        batch_size=4,
        num_workers=0,
        sampler=dict(
            type="DefaultSampler" if testing else "InfiniteSampler",
            shuffle=not testing,
        ),
        dataset=dict(
            type="CocoPeopleDataset",
            images="all" if testing else "annotated",
            data_root=str(folder),
            ann_file="annotations/person_keypoints_train2017.json",
            data_prefix=dict(img="train2017/"),
            test_mode=testing,
            pipeline=[*steps, PACK],
        ),
    )


def plain_config(folder: Path, steps: int, width: int) -> Config:
    wide = [width * 3 // 2, width * 11 // 4, width * 4]
    model = small_config(
        backbone=dict(type="TNet", width=width),
        head=dict(
            type="CenterLineHead", in_channels=wide[0], channels=16, decoder=CODEC
        ),
        roi_head=dict(type="ROIGuider", in_channels=wide, channels=32, input_size=SIZE),
        test_cfg=dict(flip_test=True),
        data_preprocessor=dict(
            type="PoseDataPreprocessor", mean=[120.0] * 3, std=[60.0] * 3
        ),
    )
    return Config(
        dict(
            default_scope="mmpose",
            custom_imports=dict(imports=["mmsia.all"], allow_failed_imports=False),
            experiment_name=f"cganet-{folder.name}",
            work_dir=str(folder / "work"),
            model=model,
            train_dataloader=loader(folder, testing=False),
            val_dataloader=loader(folder, testing=True),
            train_cfg=dict(type="IterBasedTrainLoop", max_iters=steps),
            val_cfg=dict(),
            optim_wrapper=dict(
                optimizer=dict(type="Adam", lr=3e-3), clip_grad=dict(max_norm=35)
            ),
            param_scheduler=[
                dict(type="MultiStepLR", milestones=[steps * 3 // 4], by_epoch=False)
            ],
            val_evaluator=dict(
                type="CocoMetric",
                ann_file=str(folder / "annotations/person_keypoints_train2017.json"),
                score_mode="bbox",
                nms_mode="none",
            ),
            default_hooks=dict(checkpoint=None),
            log_processor=dict(by_epoch=False),
            randomness=dict(seed=0),
        )
    )


def scores_after(folder: Path, steps: int, width: int) -> dict[str, float]:
    config = plain_config(folder, steps, width)
    config.train_cfg.val_interval = steps
    runner = Runner.from_cfg(config)
    runner.train()
    return {
        name: values.statistics("current")
        for name, values in runner.message_hub.log_scalars.items()
    }


def test_trains_and_scores_simulated_people(tmp_path):
    people.write_people(tmp_path, 6, 3, preset="smoke")
    scores = scores_after(tmp_path, 4, width=8)
    assert 0 <= scores["val/coco/AP"] <= 1
    losses = {n: v for n, v in scores.items() if n.startswith("train/loss")}
    assert all(math.isfinite(value) for value in losses.values())
    assert len(losses) == 7


@pytest.mark.slow
def test_learns_simulated_people_by_heart(tmp_path):
    people.write_people(tmp_path, 4, 3, preset="smoke")
    scores = scores_after(tmp_path, 300, width=16)
    assert scores["val/coco/AP"] > 0.5
