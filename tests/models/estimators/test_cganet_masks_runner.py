"""MMPose's runner trains CGANetMasks on people through the pipeline of COCO."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from mmengine.config import Config, ConfigDict
from mmengine.runner import Runner

from mmsia.datasets.simulated import people
from tests.models.estimators.test_cganet_runner import CODEC, PACK, SIZE, plain_config

STILL = dict(
    type="OffsetGuidedAffine",
    input_size=(SIZE, SIZE),
    flip_prob=0.0,
    max_rotation=0.0,
    scale_range=(1.0, 1.0),
    scale_of="short_edge",
    stretch_range=(1.0, 1.0),
    max_shift=0,
    centring="image",
)


def masks_config(folder: Path, steps: int, width: int, **moves) -> Config:
    """The config of poses, with masks in their place."""
    config = plain_config(folder, steps, width)
    config.model.type = "CGANetMasks"
    # nobody is mirrored in training
    config.model.test_cfg = dict(flip_test=False)
    config.model.roi_head.type = "ROIMaskGuider"
    # people have outlines whether they have keypoints or not
    config.train_dataloader.dataset.images = "people"
    config.train_dataloader.dataset.pipeline = [
        dict(type="LoadImage"),
        {**STILL, **moves},
        dict(type="GenerateTarget", encoder={**CODEC, "outlines": True}),
        PACK,
    ]
    ann_file = str(folder / "annotations/instances_train2017.json")
    config.val_evaluator = ConfigDict(type="PersonSegmMetric", ann_file=ann_file)
    config.experiment_name = f"masks-{folder.name}"
    config.train_cfg.val_interval = steps
    return config


def scores_after(config: Config) -> dict[str, float]:
    runner = Runner.from_cfg(config)
    runner.train()
    return {
        name: values.statistics("current")
        for name, values in runner.message_hub.log_scalars.items()
    }


def test_trains_and_scores_people_that_turn(tmp_path):
    people.write_people(tmp_path, 6, 3, preset="smoke")
    moves = dict(flip_prob=0.5, max_rotation=45.0, scale_range=(0.6, 1.5), max_shift=40)
    scores = scores_after(masks_config(tmp_path, 4, width=8, **moves))
    assert 0 <= scores["val/segm/AP"] <= scores["val/segm/AP .5"] <= 1
    losses = {n: v for n, v in scores.items() if n.startswith("train/loss")}
    assert all(math.isfinite(value) for value in losses.values())
    assert len(losses) == 7 and "train/loss_mask_0" in losses


@pytest.mark.slow
def test_learns_two_images_by_heart(tmp_path):
    people.write_people(tmp_path, 2, 3, preset="smoke")
    scores = scores_after(masks_config(tmp_path, 300, width=16))
    assert scores["val/segm/AP"] > 0.5
