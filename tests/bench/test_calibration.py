"""Crops of every family, and a baseline that is scored on them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mmsia.bench.calibration import (
    Baseline,
    Calibration,
    Crop,
    Setting,
    _turned,
    calibrate,
    crops,
    pck,
)
from mmsia.cli.main import main
from mmsia.datasets.simulated.families import FAMILIES, load_family
from mmsia.datasets.simulated.presets import HANDS
from mmsia.errors import InputError
from mmsia.files import read_json


@pytest.mark.parametrize("family", FAMILIES)
def test_a_crop_holds_its_subject(family: str) -> None:
    preset = load_family(family).presets["smoke"]
    found = list(islice(crops(family, preset, 64, 0), 6))
    assert len({len(crop.keypoints) for crop in found}) == 1
    for crop in found:
        assert crop.image.shape == (64, 64, 3)
        inside = crop.keypoints[crop.known]
        assert len(inside) >= 4
        # The longer side of the keypoints is 64 / 1.25 pixels, in the middle.
        low, high = inside.min(axis=0), inside.max(axis=0)
        assert (high - low).max() == pytest.approx(64 / 1.25)
        assert (low + high) / 2 == pytest.approx([31.5, 31.5])


def test_a_turned_crop_keeps_its_keypoints_on_the_picture() -> None:
    """A white square is drawn at each keypoint; after the turn it is still there."""
    places = np.array([[20.0, 30.0], [44.0, 18.0], [32.0, 50.0], [1.0, 1.0]])
    image = np.zeros((64, 64, 3), np.uint8)
    for x, y in places.astype(int):
        image[y - 1 : y + 2, x - 1 : x + 2] = 255
    crop = Crop(image, places, np.array([True, True, False, True]))
    rng = np.random.default_rng(0)
    turned = [_turned(crop, rng) for _ in range(20)]
    for made in turned:
        for (x, y), known in zip(made.keypoints[:2], made.known[:2], strict=True):
            assert known
            assert made.image[round(y), round(x)].min() > 127
        assert not made.known[2]
        assert made.known[3] == ((made.keypoints[3] >= 0).all())
    assert len({bool(made.known[3]) for made in turned}) == 2
    assert np.ptp([made.keypoints[0] for made in turned], axis=0).min() > 5


def test_the_baseline_is_scored_between_nothing_and_the_ceiling() -> None:
    setting = Setting(18, 64, 3, 4, train_crops=8, test_crops=6)
    told = []
    found = calibrate("hands", "smoke", setting, lambda *step: told.append(step[:2]))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert found.preset == "smoke v1"
    assert 0 <= found.score < found.ceiling
    assert found.ceiling > 95
    assert found.mean_pose < found.ceiling
    assert [step for step, _ in found.curve] == [1, 2, 3]
    assert all(0 <= score < found.ceiling for _, score in found.curve)
    again = calibrate("hands", "smoke", setting)
    assert np.isclose(again.score, found.score)


def test_the_first_maps_are_those_of_nothing() -> None:
    torch.manual_seed(0)
    few = list(islice(crops("hands", HANDS["smoke"], 64, 0), 4))
    losses = []
    for bfloat16 in (False, True):
        setting = Setting(18, 64, 1, 4, bfloat16=bfloat16)
        Baseline(21, setting).train(few, lambda *told: losses.append(told[-1]))
    # A target is a Gaussian of one cell on 16 x 16, whose squares add up to pi.
    assert losses == pytest.approx([np.pi / 256] * 2, rel=0.1)


def test_the_verb_prints_and_writes_what_was_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def small(family: str, preset: str, setting: Setting, *told: Any) -> Calibration:
        few = replace(setting, batch=4, train_crops=8, test_crops=6, device="cpu")
        return calibrate(family, preset, few, *told)

    monkeypatch.setattr("mmsia.bench.calibration.calibrate", small)
    path = tmp_path / "found.json"
    words = ["--preset", "smoke", "--steps", "2", "--crop", "64", "--depth", "18"]
    words = ["benchmark", "calibrate", *words, "--bfloat16", "--json", str(path)]
    assert main([*words, "--families", "hands", "people"]) == 0
    printed = capsys.readouterr().out
    found = read_json(path)["measured"]
    assert [entry["family"] for entry in found] == ["hands", "people"]
    for entry in found:
        assert f"{entry['family']} {entry['preset']}: PCK@0.05" in printed
        assert f"the ceiling {entry['ceiling']:.1f}" in printed
        assert [step for step, _ in entry["curve"]] == [1, 2]


@pytest.mark.slow
def test_the_baseline_learns_a_few_crops_by_heart() -> None:
    torch.manual_seed(0)
    few = list(islice(crops("hands", HANDS["easy"], 64, 0), 8))
    baseline = Baseline(21, Setting(18, 64, 150, 8))
    baseline.train(few, lambda step, steps, loss: None)
    assert pck(baseline.predict(few), few, 64) > 40


def test_unknown_presets_are_named() -> None:
    with pytest.raises(InputError, match="smoke"):
        calibrate("hands", "huge", Setting())
