"""Errors of hands from stored numbers: the metric's own, over draws of sequences."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmsia.bench.scoring.choose import scoring_named, scoring_of
from mmsia.bench.scoring.hand_mesh import HandMesh, meshes_of
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.errors import DataError
from mmsia.evaluation.hand_mesh_metric import HandMeshError
from mmsia.models.layers.hand_decoder import HandDecoder
from mmsia.ops.hand_sets import LENGTH_UNIT

SCORING = HandMesh(stages=True)


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    """Six crops of four people."""
    folder = tmp_path_factory.mktemp("twohands")
    write_twohands(folder, 6, 3, split="overfit")
    return SCORING.open(folder / "prepared" / "overfit.json")


@pytest.fixture(scope="module")
def samples(truth):
    """What a network would hand over: two estimates of each crop."""
    rng = np.random.default_rng(1)
    decode = HandDecoder(root="middle_mcp")
    made = []
    for row, number in enumerate(truth.ids.tolist()):
        sample = {
            "id": number,
            "camera": truth.cameras[row],
            "gt_instances": {"vertices": truth.vertices[row]},
        }
        for field in ("pred_initial", "pred_instances"):
            numbers = torch.tensor(0.3 * rng.normal(size=(1, 2, 64))).float()
            numbers[..., :6] += torch.tensor([1.0, 0, 0, 0, 1, 0])
            offset = torch.tensor(rng.normal(size=(1, 3))).float()
            found = decode(numbers, offset)
            right = LENGTH_UNIT * offset[0]
            roots = torch.stack([torch.zeros_like(right), right])
            sample[field] = {
                "vertices": found.hands.vertices[0] + roots[:, None],
                "parameters": numbers[0],
                "roots": roots,
                "root": "middle_mcp",
            }
        made.append(sample)
    return made


@pytest.fixture
def kept(samples, tmp_path):
    """Scores of the metric, and predictions as the engine reads them."""
    evaluator = {"type": "HandMeshError", "stages": True}
    paths = SCORING.keep(evaluator, tmp_path / ".predictions")
    metric = HandMeshError(**{k: v for k, v in evaluator.items() if k != "type"})
    # the order of a shuffled loader
    metric.process(None, samples[::-1])
    return metric.evaluate(len(samples)), SCORING.read(paths)


def test_scores_are_the_metric_s(truth, kept) -> None:
    scores, predictions = kept
    assert [found["id"] for found in predictions] == truth.ids.tolist()
    scored = SCORING.score(truth, predictions, truth.ids.tolist(), 50)
    assert set(scored.scores) == set(scores)
    for name, value in scores.items():
        assert scored.scores[name] == pytest.approx(value, abs=0.005), name
    assert scored.counts == {"num_images": 6, "num_hands": 12, "num_sequences": 4}
    assert scored.scores["initial/mpjpe"] != scored.scores["mpjpe"] > 10


def test_meshes_come_back_from_their_numbers(truth, samples, kept) -> None:
    found = meshes_of(kept[1], "answer", truth.models)
    wanted = np.stack([sample["pred_instances"]["vertices"] for sample in samples])
    assert np.allclose(found, wanted, atol=5e-6)


def test_draws_are_of_sequences(truth, kept) -> None:
    """Two people have two crops, two have one: each comes whole or not at all."""
    _, predictions = kept
    scored = SCORING.score(truth, predictions, truth.ids.tolist(), 300)
    each = SCORING.errors(truth, predictions, np.arange(6))[""].by_image()["miaa"]
    _, people = np.unique(truth.sequences, return_inverse=True)
    sums, sizes = np.bincount(people, each), np.bincount(people)
    assert sorted(sizes) == [1, 1, 2, 2]
    draws = scored.draws["miaa"]
    possible = {
        round(float(np.dot(n, sums) / np.dot(n, sizes)), 6)
        for n in np.ndindex(5, 5, 5, 5)
        if sum(n) == 4
    }
    assert {round(float(value), 6) for value in draws} <= possible
    assert draws.min() < scored.scores["miaa"] < draws.max()


def test_a_part_of_the_crops_is_scored_alone(truth, kept) -> None:
    _, predictions = kept
    part = SCORING.score(truth, predictions[:2], truth.ids[:2].tolist(), 5)
    each = SCORING.errors(truth, predictions, np.arange(6))[""].by_image()["mrrpe"]
    assert part.scores["mrrpe"] == pytest.approx(each[:2].mean())
    with pytest.raises(DataError, match=r"none for \[2, 3, 4\]"):
        SCORING.score(truth, predictions[:2], truth.ids.tolist(), 5)
    with pytest.raises(DataError, match=r"others for \[1\]"):
        SCORING.score(truth, predictions[:2], [0], 5)


def test_root_and_scale_are_kept_in_the_settings(truth, kept) -> None:
    for evaluator, wanted in (
        ({"preset": "dir"}, HandMesh()),
        ({"preset": "intaghand", "stages": True}, HandMesh("middle_mcp", True, True)),
        ({"root": "middle_mcp", "scale": False}, HandMesh("middle_mcp", False)),
    ):
        scoring, _ = scoring_of({"type": "HandMeshError", **evaluator})
        assert scoring == wanted
        stored = json.loads(json.dumps(scoring.settings()))
        assert scoring_named(stored) == scoring
    _, predictions = kept
    ids = truth.ids.tolist()
    scores = [
        scoring.score(truth, predictions, ids, 2).scores["mpjpe"]
        for scoring in (SCORING, replace(SCORING, root="middle_mcp"))
    ]
    assert scores[0] != scores[1]
