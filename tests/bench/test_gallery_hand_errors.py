"""Errors over overlap: of estimates and rows, averaged over seeds image by image."""

from __future__ import annotations

import numpy as np
import pytest

import mmsia.bench.gallery_hand_errors as gallery
from mmsia.bench.gallery_hand_errors import hand_error_curves
from mmsia.bench.scoring.hand_mesh import HandMesh
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.errors import DataError
from tests.bench.made_hands import hand_predictions

SCORING = HandMesh(stages=True)


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twohands")
    write_twohands(folder, 8, 4, split="overfit")
    return SCORING.open(folder / "prepared" / "overfit.json")


@pytest.fixture(scope="module")
def seeds(truth):
    rng, ids = np.random.default_rng(2), truth.ids.tolist()
    return [
        hand_predictions(ids, rng, {"initial": 0.9, "stage1": 0.5, "answer": 0.2})
        for _ in range(2)
    ]


def test_bins_hold_the_means_of_their_images(truth, seeds) -> None:
    ids = truth.ids.tolist()
    found = hand_error_curves(truth, SCORING, seeds, {"whole": seeds[:1]}, ids)
    assert found.num_images == 8
    for metric, unit in (("mpjpe", "joints"), ("miaa", "vertex_pixels")):
        bins = found.estimates[metric]
        assert list(bins[0].means) == ["initial", "stage1", "stage2"]
        assert sum(own.num_images for own in bins) == 8
        errors = [SCORING.errors(truth, one, np.arange(8)) for one in seeds]
        for name, prefix in (("initial", "initial/"), ("stage2", "")):
            total = sum(own.num_images * own.means[name] for own in bins)
            wanted = np.mean([getattr(e[prefix], unit).mean() for e in errors])
            assert total / 8 == pytest.approx(wanted)
        (rows,) = {tuple(own.means) for own in found.rows[metric]}
        assert rows == ("whole",)
    middles = [own.middle for own in found.estimates["mpjpe"]]
    assert middles == sorted(middles)


def test_of_many_images_some_are_taken_evenly(truth, seeds, monkeypatch) -> None:
    monkeypatch.setattr(gallery, "MOST_IMAGES", 3)
    ids = truth.ids.tolist()
    found = hand_error_curves(truth, SCORING, seeds[:1], {"whole": seeds[:1]}, ids)
    assert found.num_images == 3
    errors = SCORING.errors(truth, seeds[0], np.arange(8))[""].joints.mean(axis=1)
    bins = found.rows["mpjpe"]
    total = sum(own.num_images * own.means["whole"] for own in bins)
    assert total == pytest.approx(errors[[0, 4, 7]].sum())


def test_a_row_without_stages_has_its_first_guess_alone(truth) -> None:
    ids = truth.ids.tolist()
    one = [hand_predictions(ids, np.random.default_rng(0), {"answer": 0.3})]
    found = hand_error_curves(truth, SCORING, one, {"initial": one}, ids)
    assert list(found.estimates["miaa"][0].means) == ["initial"]


def test_runs_of_other_images_are_refused(truth, seeds) -> None:
    ids = truth.ids.tolist()
    with pytest.raises(DataError, match=r"none for \[7\]"):
        hand_error_curves(truth, SCORING, [seeds[0][:7]], {"whole": seeds}, ids)
