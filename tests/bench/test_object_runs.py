"""Rows of objects through the engine: trained, scored, and scored again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmsia.bench.measurement import Request
from mmsia.bench.network_runs import measure_inference, measure_training
from mmsia.bench.recompute import verify_run
from mmsia.bench.scales import load_scales
from mmsia.bench.store import Store
from mmsia.bench.terms import Scale
from mmsia.bench.training_data import TrainingData
from mmsia.datasets.object_annotations import load_object_annotations

LINKED = "configs/klpnet/klpnet_objectnet3d_256_lis.py"
DETECTOR = "configs/klpnet/dpad_x50_coco.py"


def measure(config, work, change):
    """Two steps, weights changed, and what the test came to; with the data."""
    scales = load_scales("klpnet")
    data = TrainingData(Scale.SMOKE, work).open(scales, config).test
    overlay = {**scales.overlay(Scale.SMOKE, config), "num_steps": 2}
    settings = {"config": config, "overlay": overlay}
    request = Request(settings, data, 3, 5, 0, folder=work / "training", threads=1)
    trained = measure_training(request)
    weights = request.folder / trained.weights.file
    content = torch.load(weights, weights_only=True)
    change(content["state_dict"])
    other = weights.with_name("changed.pth")
    torch.save(content, other)
    request = replace(request, weights=other, folder=work / "inference")
    return measure_inference(request), data, trained


def raise_confidence(weights):
    """Two steps leave maps below the threshold of a peak: here all cells are above."""
    for name, values in weights.items():
        if name.startswith("head") and values.ndim == 1 and values.numel() == 3:
            values[0] = 1.0


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    return measure(LINKED, tmp_path_factory.mktemp("linked"), raise_confidence)


def test_keypoints_and_links_are_trained_and_scored(linked):
    found, data, trained = linked
    assert all(np.isfinite(row["loss_link_adjacency"]) for row in trained.curves)
    names = {name.split("/")[0] for name in found.scores}
    assert names == {"oracle", "features", "links"}
    truth = load_object_annotations(data.path)
    assert data.path.name == "objects_test.json"
    assert {each["id"] for each in found.predictions} <= set(truth.ids.tolist())
    assert found.counts["num_objects"] == len(found.predictions)
    assert sum(len(each["points"]) for each in found.predictions) > 0
    assert found.draws["oracle/mean"].shape == (5,)
    assert found.scores["oracle/mean"] >= found.scores["features/mean"]


def test_other_keypoints_are_other_numbers(linked, tmp_path):
    """The truth in the place of what was found scores 100."""
    found, data, _ = linked
    truth = load_object_annotations(data.path)
    store = Store(tmp_path / "runs")
    provenance = {"data": data.summary(), "num_draws": 5}
    store.save("run", found.as_result(), provenance, found.predictions)
    assert verify_run(store, store.load("run")) == []
    perfect = []
    for each in found.predictions:
        row = int(np.flatnonzero(truth.ids == each["id"])[0])
        known = np.flatnonzero(truth.labelled[row])
        links = truth.links[int(truth.category_ids[row])]
        place = {int(part): number for number, part in enumerate(known)}
        perfect.append(
            {
                **each,
                "points": truth.keypoints[row][known].tolist(),
                "scores": [1.0] * len(known),
                "parts": known.tolist(),
                "part_peaks": [place.get(part, -1) for part in range(known.max() + 1)],
                "links": [
                    [place[a], place[b]] for a, b in links if a in place and b in place
                ],
            }
        )
    store.save("other", found.as_result(), provenance, perfect)
    moved = {d.name: d.computed for d in verify_run(store, store.load("other"))}
    for name in ("oracle/mean", "features/mean", "links/f1"):
        assert moved[f"scores.{name}"] == pytest.approx(100)


@pytest.mark.slow
def test_a_detector_is_trained_and_scored(tmp_path):
    found, data, trained = measure(DETECTOR, tmp_path, lambda weights: None)
    assert all(row["loss_mask"] > 0 for row in trained.curves)
    names = {f"{k}_ap{n}" for k in ("bbox", "segm") for n in ("", "50", "75")}
    assert names <= set(found.scores)
    assert found.counts["num_images"] == data.num_images == len(found.image_ids)
    assert found.counts["num_detections"] == sum(
        each["metric"] == "bbox" for each in found.predictions
    )
    store = Store(tmp_path / "runs")
    provenance = {"data": data.summary(), "num_draws": 5}
    store.save("run", found.as_result(), provenance, found.predictions)
    assert verify_run(store, store.load("run")) == []
