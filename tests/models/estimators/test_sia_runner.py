"""MMPose's runner trains SiaPose from a plain config that names `mmsia.all`."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from mmsia.datasets.simulated import hands
from tests.models.estimators.small_hands import SMALL_RESNET, small_config

CODEC = dict(
    type="MSRAHeatmap", input_size=(96, 96), heatmap_size=(12, 12), sigma=1.0,
    unbiased=True,
)  # fmt: skip
CROP = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=2.2),
    dict(type="TopdownAffine", input_size=(96, 96)),
]


def loader(folder: Path, *last) -> dict:
    return dict(
        batch_size=4,
        num_workers=0,
        sampler=dict(type="InfiniteSampler", shuffle=True),
        dataset=dict(
            type="PanopticHand2DDataset",
            data_root=str(folder),
            ann_file="annotations/panoptic_train.json",
            data_prefix=dict(img=""),
            pipeline=[*CROP, *last],
        ),
    )


def plain_config(folder: Path, estimator: str) -> Config:
    model = small_config() | dict(
        type=estimator,
        data_preprocessor=dict(type="PoseDataPreprocessor", mean=[127.0], std=[60.0]),
        test_cfg=dict(output_heatmaps=True),
    )
    model["head"]["decoder"] = CODEC
    if estimator == "RSiaPose":
        model["rotation"] = SMALL_RESNET
    pack = dict(type="PackPoseInputs")
    testing = loader(folder, pack)
    testing["sampler"] = dict(type="DefaultSampler", shuffle=False)
    return Config(
        dict(
            default_scope="mmpose",
            custom_imports=dict(imports=["mmsia.all"], allow_failed_imports=False),
            experiment_name=f"{estimator}-{folder.name}",
            work_dir=str(folder / "work"),
            model=model,
            train_dataloader=loader(
                folder, dict(type="GenerateTarget", encoder=CODEC), pack
            ),
            val_dataloader=testing,
            train_cfg=dict(type="IterBasedTrainLoop", max_iters=6, val_interval=6),
            val_cfg=dict(),
            optim_wrapper=dict(optimizer=dict(type="Adam", lr=1e-3)),
            val_evaluator=[
                dict(type="CropSidePCK", outfile=str(folder / "hands.json")),
                dict(type="CropSidePCK", decoding="keypoints", prefix="decoded"),
            ],
            custom_hooks=[dict(type="StageWeightHook", begin=3, by_epoch=False)],
            default_hooks=dict(checkpoint=None),
            log_processor=dict(by_epoch=False),
            randomness=dict(seed=0),
        )
    )


@pytest.mark.parametrize("estimator", ["SiaPose", "RSiaPose"])
def test_trains_and_scores_simulated_hands(tmp_path, estimator):
    hands.write_hands(tmp_path, 8, 3, preset="smoke")
    runner = Runner.from_cfg(plain_config(tmp_path, estimator))
    runner.train()
    assert runner.iter == 6
    assert runner.model.stage_weight == 0.1
    scores = {
        name: values.statistics("current")
        for name, values in runner.message_hub.log_scalars.items()
    }
    for name in ("val/pck@0.01", "val/mpck", "val/decoded/pck@0.08"):
        assert 0 <= scores[name] <= 100, name
    rising = [scores[f"val/pck@0.0{i}"] for i in range(1, 9)]
    assert rising == sorted(rising)
    assert all(
        math.isfinite(v) for n, v in scores.items() if n.startswith("train/loss")
    )
    assert ("train/loss_rotation" in scores) == (estimator == "RSiaPose")
    found = json.loads((tmp_path / "hands.json").read_text())
    assert len(found) == 8
    for hand in found:
        assert len(hand["head_weights"]) == 3
        assert sum(hand["head_weights"]) == pytest.approx(1, abs=1e-6)
