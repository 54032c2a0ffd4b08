"""CenterNet's poses through MMPose's estimator and runner, on simulated people."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from mmsia.datasets.simulated import people
from tests.models.estimators.test_cganet_runner import PACK

SIZE = 128
CODEC = dict(type="CenterNetPose", input_size=(SIZE, SIZE))


def loader(folder: Path, testing: bool) -> dict:
    resize = dict(type="OffsetGuidedResize", mode="long_edge", size=SIZE)
    steps = [dict(type="LoadImage"), dict(resize, with_annotations=not testing)]
    if not testing:
        steps.append(dict(type="GenerateTarget", encoder=CODEC))
    sampler = "DefaultSampler" if testing else "InfiniteSampler"
    return dict(
        batch_size=4,
        num_workers=0,
        sampler=dict(type=sampler, shuffle=not testing),
        dataset=dict(
            type="CocoPeopleDataset",
            images="all" if testing else "people",
            data_root=str(folder),
            ann_file="annotations/person_keypoints_train2017.json",
            data_prefix=dict(img="train2017/"),
            test_mode=testing,
            pipeline=[*steps, PACK],
        ),
    )


def scores_after(
    folder: Path, steps: int, width: int, flip_test: bool
) -> dict[str, float]:
    channels = [width, width, width * 3 // 2]
    config = Config(
        dict(
            default_scope="mmpose",
            custom_imports=dict(imports=["mmsia.all"], allow_failed_imports=False),
            experiment_name=f"centernet-{folder.name}",
            work_dir=str(folder / "work"),
            model=dict(
                type="BottomupPoseEstimator",
                data_preprocessor=dict(
                    type="PoseDataPreprocessor", mean=[120.0] * 3, std=[60.0] * 3
                ),
                backbone=dict(
                    type="NarrowHourglassNet",
                    downsample_times=2,
                    num_stacks=2,
                    stage_channels=channels,
                    stage_blocks=[1, 1, 1],
                    feat_channel=width,
                ),
                head=dict(type="CenterNetPoseHead", in_channels=width, decoder=CODEC),
                test_cfg=dict(flip_test=flip_test),
            ),
            train_dataloader=loader(folder, testing=False),
            val_dataloader=loader(folder, testing=True),
            train_cfg=dict(
                type="IterBasedTrainLoop", max_iters=steps, val_interval=steps
            ),
            val_cfg=dict(),
            optim_wrapper=dict(optimizer=dict(type="Adam", lr=3e-3)),
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
    runner = Runner.from_cfg(config)
    runner.train()
    return {
        name: values.statistics("current")
        for name, values in runner.message_hub.log_scalars.items()
    }


def test_trains_and_scores_simulated_people(tmp_path):
    people.write_people(tmp_path, 6, 3, preset="smoke")
    scores = scores_after(tmp_path, 3, width=8, flip_test=True)
    assert 0 <= scores["val/coco/AP"] <= 1
    losses = {n: v for n, v in scores.items() if n.startswith("train/loss_")}
    assert len(losses) == 6
    assert all(math.isfinite(value) for value in losses.values())


@pytest.mark.slow
def test_learns_simulated_people_by_heart(tmp_path):
    people.write_people(tmp_path, 4, 0, preset="easy")
    # Nothing is mirrored in this training.
    scores = scores_after(tmp_path, 500, width=32, flip_test=False)
    assert scores["val/coco/AP"] > 0.8
