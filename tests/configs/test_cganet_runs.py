"""Rows of CGANet are trained and scored by the engine, tiny and on simulated people."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mmsia.bench.data import coco_source
from mmsia.bench.measurement import Request
from mmsia.bench.network_runs import measure_inference, measure_training
from mmsia.bench.recompute import verify_run
from mmsia.bench.scales import load_scales
from mmsia.bench.store import Store
from mmsia.bench.terms import Scale
from mmsia.bench.training_data import TrainingData
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.datasets.simulated.people import write_people

SEPARATED = "configs/cganet/separated_256x192_d3w64.py"
SCALES = load_scales("cganet")


def request_for(config, data, folder, **overlay):
    settings = {"config": config, "overlay": overlay}
    return Request(settings, data, 3, 5, 0, folder=folder / "training", threads=1)


def smoke(config, **changes):
    return {**SCALES.overlay(Scale.SMOKE, config), "num_steps": 2, **changes}


def train_and_test(request):
    weights = request.folder / measure_training(request).weights.file
    folder = request.folder.with_name("inference")
    return measure_inference(replace(request, weights=weights, folder=folder))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    return TrainingData(Scale.SMOKE, work).open(SCALES, SEPARATED).test


def test_people_that_are_cut_out_are_trained_scored_and_scored_again(tmp_path, made):
    request = request_for(SEPARATED, made, tmp_path, **smoke(SEPARATED))
    measured = train_and_test(request)
    assert measured.counts["num_people"] == measured.counts["num_poses"] > 0
    assert 0 <= measured.scores["ap"] <= 100
    store = Store(tmp_path / "runs")
    provenance = {"data": made.summary(), "num_draws": 5}
    store.save("run", measured.as_result(), provenance, measured.predictions)
    assert verify_run(store, store.load("run")) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "config",
    [
        "configs/cganet/cganet_384_fpn50_pooler.py",
        "configs/cganet/cganet_384_d1w64_cascade.py",
        pytest.param(
            "configs/cganet/keypoint-rcnn_512_fpn50.py", marks=pytest.mark.slow
        ),
    ],
)
def test_single_models_are_trained_and_scored(tmp_path, made, config):
    measured = train_and_test(request_for(config, made, tmp_path, **smoke(config)))
    assert measured.counts["num_images"] == 12
    assert 0 <= measured.scores["ap"] <= 100


@pytest.mark.slow
def test_one_checkpoint_is_scored_at_seven_thresholds(tmp_path, made):
    config = "configs/cganet/cganet_384_d1w64_ratio-0-09.py"
    measured = train_and_test(request_for(config, made, tmp_path, **smoke(config)))
    thresholds = ("0.05", "0.06", "0.07", "0.08", "0.09", "0.1", "0.15")
    assert {f"ap@thre-{value}" for value in thresholds} <= set(measured.scores)
    assert {p["variant"] for p in measured.predictions} <= {
        f"thre-{value}" for value in thresholds
    }


@pytest.mark.slow
def test_images_without_a_detected_box_are_scored_too(tmp_path):
    """A detector that misses every second image loses the people there."""
    write_people(tmp_path, 2, 1, preset="smoke", split="train2017")
    write_people(tmp_path, 4, 2, preset="smoke", split="val2017")
    annotations = tmp_path / "annotations"
    truth = load_coco_keypoints(annotations / "person_keypoints_val2017.json")
    boxes = [
        {
            "image_id": record.image_id,
            "category_id": 1,
            "bbox": box.tolist(),
            "score": 0.9,
        }
        for record in truth.images[::2]
        for box in record.boxes
    ]
    folder = tmp_path / "person_detection_results"
    folder.mkdir()
    name = "COCO_val2017_detections_AP_H_56_person.json"
    (folder / name).write_text(json.dumps(boxes))
    data = coco_source(truth, simulated=True, folder=tmp_path)
    overlay = smoke(SEPARATED)
    overlay = {k: v for k, v in overlay.items() if not k.endswith("_split")}
    measured = train_and_test(request_for(SEPARATED, data, tmp_path, **overlay))
    assert measured.counts["num_images"] == len(truth.images) == 4
    people = sum(len(record.keypoints) for record in truth.images)
    assert measured.counts["num_people"] == people > len(boxes)
    assert {p["image_id"] for p in measured.predictions} <= {
        box["image_id"] for box in boxes
    }
