"""CropSidePCK on samples as MMPose's estimators hand them over."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import METRICS
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers the metric
from mmsia.errors import ConfigError, DataError


@pytest.fixture(autouse=True)
def _scope():
    """Another test's runner may have left MMEngine's own."""
    init_default_scope("mmpose")


CENTRE, SIDE = np.array([300.0, 200.0]), 92.0


def sample(shift=0.0, *, maps=True, number=7, visible=(1, 1, 1), scale=(SIDE, SIDE)):
    """Three keypoints at cells of a 46 x 46 map, found `shift` pixels to the right."""
    cells = np.array([[10, 4], [20, 30], [45, 0]])
    data = PoseDataSample()
    data.set_metainfo(dict(id=number, input_center=CENTRE, input_scale=np.array(scale)))
    truth = CENTRE - SIDE / 2 + cells * 2.0
    data.gt_instances = InstanceData(
        keypoints=(truth - [shift, 0])[None].astype(np.float32),
        keypoints_visible=np.array([visible], dtype=np.float32),
    )
    data.pred_instances = InstanceData(keypoints=truth[None].astype(np.float32))
    if maps:
        heatmaps = torch.zeros(3, 46, 46)
        heatmaps[torch.arange(3), cells[:, 1], cells[:, 0]] = 1
        data.pred_fields = PixelData(heatmaps=heatmaps)
    return data.to_dict()


def evaluate(samples, **options):
    metric = METRICS.build(dict(type="CropSidePCK", **options))
    metric.process(None, samples)
    return metric.evaluate(len(samples))


@pytest.mark.parametrize("decoding", ["floor-cell", "sub-cell", "keypoints"])
def test_all_thresholds_and_their_mean(decoding):
    """2.5 of 92 pixels are 0.027: right from 0.03 on."""
    scores = evaluate([sample(0.0), sample(2.5)], decoding=decoding)
    expected = {"pck@0.01": 0.5, "pck@0.02": 0.5}
    expected |= {f"pck@0.0{i}": 1 for i in range(3, 9)}
    expected["mpck"] = (2 * 0.5 + 4) / 6
    assert scores == pytest.approx(expected)


def test_positions_are_whole_pixels_of_the_crop():
    """A crop of 100 pixels: cell 10 lies at 21.7, rounded down 21, from its corner."""
    data = sample(scale=(100.0, 100.0))
    data["gt_instances"]["keypoints"] = (
        (CENTRE - 50) + np.array([[[21.0, 8], [43, 65], [97, 0]]])
    ).astype(np.float32)
    exact = evaluate([data], thresholds=(1e-5,), mean_thresholds=(1e-5,))
    assert exact["mpck"] == 1
    fine = evaluate(
        [data], thresholds=(1e-5,), mean_thresholds=(1e-5,), decoding="sub-cell"
    )
    assert fine["mpck"] == 0


def test_only_labelled_keypoints_and_images_count():
    unlabelled = sample(50.0, visible=(0, 0, 0))
    part = sample(visible=(1, 0, 1))
    part["gt_instances"]["keypoints"][0, 1] += 80
    scores = evaluate([sample(), part, unlabelled])
    assert scores["pck@0.01"] == 1
    with pytest.raises(DataError, match="none in 1"):
        evaluate([unlabelled])


def test_an_image_counts_as_much_as_another_whatever_its_labels():
    wrong = sample(50.0, visible=(1, 0, 0))
    assert evaluate([sample(), wrong])["pck@0.08"] == 0.5


def test_the_file_tells_the_crop_and_the_weights_of_heads(tmp_path):
    """Both are for figures: the scores are those without."""
    path = tmp_path / "hands.json"
    with_weights, without = sample(2.5), sample(number=8)
    for number, data in enumerate((with_weights, without)):
        data["img_id"] = 70 + number
    with_weights["pred_instances"]["head_weights"] = np.array([[0.25, np.nan, 0.75]])
    scores = evaluate([with_weights, without], outfile=str(path))
    assert scores == evaluate([sample(2.5), sample()])
    first, second = json.loads(path.read_text())
    assert (first["id"], first["image_id"]) == (7, 70)
    assert first["center"] == CENTRE.tolist() and first["side"] == SIDE
    assert first["head_weights"] == [0.25, None, 0.75]
    assert "head_weights" not in second


def test_what_cannot_be_scored_is_named():
    with pytest.raises(DataError, match=r"image 7.*output_heatmaps=True"):
        evaluate([sample(maps=False)])
    assert evaluate([sample(maps=False)], decoding="keypoints")["mpck"] == 1
    with pytest.raises(DataError, match=r"a square.*92.0 x 60.0"):
        evaluate([sample(scale=(92.0, 60.0))])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(decoding="argmax"), "floor-cell, sub-cell or keypoints.*'argmax'"),
        (dict(thresholds=(0.01,)), "the mean's thresholds"),
        (dict(mean_thresholds=()), "the mean's thresholds"),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises(ConfigError, match=words):
        METRICS.build(dict(type="CropSidePCK", **options))
