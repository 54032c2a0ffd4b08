"""A row of masks through the engine: trained, scored, and scored again."""

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
from mmsia.datasets.coco_masks import load_coco_masks

CONFIG = "configs/cganet/cganet_384_d1w64_masks.py"
SCORES = {f"segm_ap{name}" for name in ("", "50", "75", "_s", "_m", "_l")}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Two steps, and what they came to; with the request and the store."""
    work = tmp_path_factory.mktemp("masks")
    scales = load_scales("cganet")
    data = TrainingData(Scale.SMOKE, work).open(scales, CONFIG).test
    overlay = {**scales.overlay(Scale.SMOKE, CONFIG), "num_steps": 2}
    settings = {"config": CONFIG, "overlay": overlay}
    request = Request(settings, data, 3, 5, 0, folder=work / "training", threads=1)
    trained = measure_training(request)
    assert all(row["loss_mask_0"] > 0 for row in trained.curves)
    weights = with_sizes(request.folder / trained.weights.file)
    request = replace(request, weights=weights, folder=work / "inference")
    return measure_inference(request), data, Store(work / "runs")


def with_sizes(path):
    """Two steps leave boxes without a side: here they have ten cells."""
    content = torch.load(path, weights_only=True)
    content["state_dict"]["head.size.bias"][:] = 10.0
    other = path.with_name("sized.pth")
    torch.save(content, other)
    return other


def test_masks_are_trained_and_scored(measured):
    found, data, _ = measured
    assert set(found.scores) == SCORES
    assert found.counts["num_images"] == len(found.image_ids)
    assert found.counts["num_masks"] == len(found.predictions) > 0
    # two steps teach nothing, but every image has its boxes
    assert {p["image_id"] for p in found.predictions} == set(found.image_ids)
    assert found.draws["segm_ap"].shape == (5,)
    sizes = load_coco_masks(data.path).sizes
    for person in found.predictions:
        assert person["segmentation"]["size"] == sizes[person["image_id"]]


def test_every_number_follows_from_what_is_stored(measured):
    found, data, store = measured
    provenance = {"data": data.summary(), "num_draws": 5}
    store.save("run", found.as_result(), provenance, found.predictions)
    assert verify_run(store, store.load("run")) == []


def test_other_masks_are_other_numbers(measured):
    """The truth in the place of what was found."""
    from pycocotools import mask as coco_mask

    from mmsia.evaluation.mask_matches import results_of

    found, data, store = measured
    truth, perfect = load_coco_masks(data.path), []
    for person in truth.dataset["annotations"]:
        if not person["iscrowd"]:
            size = truth.sizes[person["image_id"]]
            runs = coco_mask.merge(coco_mask.frPyObjects(person["segmentation"], *size))
            masks = np.asarray(coco_mask.decode(runs))[None] > 0
            perfect += results_of(person["image_id"], masks, [0.9])
    provenance = {"data": data.summary(), "num_draws": 5}
    store.save("other", found.as_result(), provenance, perfect)
    moved = {d.name: d.computed for d in verify_run(store, store.load("other"))}
    assert moved["scores.segm_ap"] == pytest.approx(100)
    assert moved["intervals.segm_ap.low"] == pytest.approx(100)
