from __future__ import annotations

import logging

from mmengine.config import Config

from mmsia.engine.overlay import apply_overlay
from mmsia.engine.resumable import make_resumable


def config(loop="IterBasedTrainLoop", sampler="InfiniteSampler", **more):
    loader = {
        "dataset": {"type": "A", "ann_file": "a"},
        "sampler": {"type": sampler, "shuffle": False},
    }
    return Config({"train_cfg": {"type": loop}, "train_dataloader": loader, **more})


def kinds(made):
    return [hook["type"] for hook in made.custom_hooks]


def test_a_bare_config_gets_all_it_needs():
    made = config()
    make_resumable(made)
    assert kinds(made) == ["PlainCheckpointHook", "StepSeedHook", "FiniteLossHook"]
    assert made.default_hooks.checkpoint.type == "AtomicCheckpointHook"
    assert made.default_hooks.checkpoint.by_epoch is False
    sampler = made.train_dataloader.sampler
    assert sampler == {"type": "DrawSampler", "shuffle": False}
    dataset = made.train_dataloader.dataset
    assert dataset == {"type": "DrawDataset", "dataset": {"type": "A", "ann_file": "a"}}
    assert made.randomness.seed == 0


def test_what_is_there_stays():
    hooks = {"checkpoint": {"type": "CheckpointHook", "interval": 7}}
    made = config(
        custom_hooks=[{"type": "FiniteLossHook"}, {"type": "EMAHook"}],
        default_hooks=hooks,
        randomness={"seed": 4, "deterministic": True},
    )
    make_resumable(made)
    once = made.to_dict()
    make_resumable(made)
    assert made.to_dict() == once
    assert kinds(made)[:2] == ["FiniteLossHook", "EMAHook"] and len(kinds(made)) == 4
    assert made.default_hooks.checkpoint.interval == 7
    assert made.randomness == {"seed": 4, "deterministic": True}


def test_a_training_without_checkpoints_stays_one():
    made = config(default_hooks={"checkpoint": None})
    make_resumable(made)
    assert made.default_hooks.checkpoint is None


def test_epochs_have_their_own_sampler():
    made = config("EpochBasedTrainLoop", "DefaultSampler")
    make_resumable(made)
    assert made.train_dataloader.sampler.type == "EpochDrawSampler"


def test_a_resumable_config_can_be_trained_by_steps_instead():
    made = config("EpochBasedTrainLoop", "DefaultSampler")
    make_resumable(made)
    changed = apply_overlay(made, {"num_steps": 4, "data_folder": "/x"})
    make_resumable(changed)
    assert changed.train_dataloader.sampler.type == "DrawSampler"
    dataset = changed.train_dataloader.dataset
    assert dataset.dataset.type == "A" and dataset.dataset.data_root == "/x/"


def test_samplers_of_others_are_left_alone_and_named(caplog):
    made = config(sampler="AspectRatioSampler")
    with caplog.at_level(logging.WARNING, logger="mmsia"):
        make_resumable(made)
    assert made.train_dataloader.dataset.type == "A"
    assert "AspectRatioSampler" in caplog.text
