"""The papers' own networks, made small, choose by what their configs name."""

from __future__ import annotations

import json

import pytest
import torch

from mmsia.bench.inference import EvaluateRequest, evaluate
from mmsia.bench.network_runs import training_settings
from mmsia.bench.scales import load_scales
from mmsia.bench.selection import selection_of
from mmsia.bench.settings import resolved_config
from mmsia.bench.terms import Scale
from mmsia.bench.training import TrainRequest, train
from mmsia.datasets.hand_splits import main as split_hands
from mmsia.datasets.simulated.hands import write_hands
from mmsia.datasets.simulated.twohands import write_twohands

NUM_STEPS, EVERY = 6, 2


def panoptic(folder):
    """Forty hands, six to validate on and six others to test on."""
    write_hands(folder, 40, 3, split="train")
    annotations = folder / "annotations" / "panoptic_train.json"
    split_hands([str(annotations), "--out", str(folder / "splits")])


def interhand(folder):
    """Pairs of hands, six to validate on and six others to test on."""
    for split in ("train", "val", "test"):
        write_twohands(folder, 6, len(split), split=split)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "write"),
    [
        ("configs/siagcn/siagcn_shg_panoptic_baseline.py", panoptic),
        ("configs/dir/dir_interhand_256.py", interhand),
    ],
)
def test_the_chosen_weights_are_those_of_the_best_validation(config, write, tmp_path):
    """They are scored anew on the validation images, by way of an evaluation."""
    data = tmp_path / "data"
    write(data)
    scales = load_scales(config.split("/")[1])
    overlay = dict(scales.overlay(Scale.SMOKE, config))
    # The splits stay the paper's.
    del overlay["train_split"], overlay["val_split"]
    overlay |= {"num_steps": NUM_STEPS, "num_workers": 0}
    settings = training_settings({"config": config, "overlay": overlay})
    settings = json.loads(json.dumps(settings))
    settings["train_cfg"]["val_interval"] = EVERY
    chosen_by = selection_of(resolved_config(config))
    assert chosen_by == selection_of(settings)
    request = TrainRequest(settings, data, tmp_path / "run", 3, selection=chosen_by)
    result = train(request)
    chosen = result.selected
    assert (chosen.num_validations, chosen.num_images) == (NUM_STEPS // EVERY, 6)
    assert chosen.step in range(EVERY, NUM_STEPS + 1, EVERY)

    kept = torch.load(result.checkpoint, weights_only=True)["best_weights"]["scores"]
    best = max if chosen.rule == "greater" else min
    assert chosen.value == best(kept.values()) == kept[chosen.step]

    parts = ("dataloader", "evaluator")
    tested = settings | {f"test_{part}": settings[f"val_{part}"] for part in parts}
    again = evaluate(
        EvaluateRequest(tested, data, result.weights, tmp_path / "again", num_draws=2)
    )
    unit = 100 if chosen.rule == "greater" else 1
    assert again.scores[chosen.score] == pytest.approx(unit * chosen.value)
