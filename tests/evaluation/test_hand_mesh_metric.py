"""HandMeshError on samples as MMPose's estimators hand them over."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from mmpose.registry import METRICS
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers the metric
from mmsia.datasets.simulated.twohands import sample as simulate
from mmsia.datasets.simulated.twohands_presets import TWOHANDS
from mmsia.errors import ConfigError, DataError


@pytest.fixture(autouse=True)
def _scope():
    """Another test's runner may have left MMEngine's own."""
    init_default_scope("mmpose")


@pytest.fixture(scope="module")
def frames() -> list[tuple[np.ndarray, np.ndarray]]:
    """True meshes and cameras of two simulated crops, one outside of the model."""
    made = [
        simulate(0, index, TWOHANDS["smoke"], split)
        for index, split in enumerate(("train", "test"))
    ]
    return [
        (
            np.stack([each.vertices(side) for side in ("left", "right")]),
            np.array(
                [
                    [each.crop.camera.focal[0], 0, each.crop.camera.centre[0]],
                    [0, each.crop.camera.focal[1], each.crop.camera.centre[1]],
                    [0, 0, 1],
                ]
            ),
        )
        for each in made
    ]


def sample(truth, camera, found=None, number=3, field="pred_instances"):
    data = PoseDataSample(metainfo=dict(id=number, camera=camera))
    data.gt_instances = InstanceData(vertices=torch.from_numpy(truth))
    found = truth if found is None else found
    data.set_field(InstanceData(vertices=torch.from_numpy(found)), field)
    return data.to_dict()


def evaluate(samples, **options):
    metric = METRICS.build(dict(type="HandMeshError", **options))
    metric.process(None, samples[:1])
    metric.process(None, samples[1:])
    return metric.evaluate(len(samples))


@pytest.mark.parametrize("preset", ["dir", "intaghand"])
def test_the_truth_has_no_error(frames, preset: str) -> None:
    scores = evaluate([sample(*each) for each in frames], preset=preset)
    assert set(scores) == {
        "mpjpe_left", "mpjpe_right", "mpjpe", "mpvpe_left", "mpvpe_right", "mpvpe",
        "pixel_joint", "miaa", "mrrpe",
    }  # fmt: skip
    assert max(scores.values()) == pytest.approx(0, abs=1e-9)


def test_a_hand_at_another_place_errs_in_its_root_alone(frames) -> None:
    truth, camera = frames[0]
    found = truth.copy()
    found[1] += np.array([0.007, 0, 0])
    scores = evaluate([sample(truth, camera, found), sample(*frames[1])])
    assert scores["mrrpe"] == pytest.approx(3.5) and scores["mpjpe"] < 1e-9


def test_presets_differ_in_their_root(frames) -> None:
    """A turned hand is farther off when it is seen from its wrist."""
    truth, camera = frames[0]
    turned = truth.copy()
    turned[0] = truth[0] @ np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    both = [sample(truth, camera, turned), sample(*frames[1])]
    by_wrist, by_knuckle = (
        evaluate(both, preset=preset) for preset in ("dir", "intaghand")
    )
    assert by_wrist["mpjpe"] > by_knuckle["mpjpe"] > 1
    assert by_wrist == evaluate(both, preset="intaghand", root="wrist")


def test_scale_can_be_switched_off(frames) -> None:
    samples = [sample(*each, found=1.1 * each[0]) for each in frames]
    assert evaluate(samples)["mpvpe"] == pytest.approx(0, abs=1e-9)
    assert evaluate(samples, scale=False)["mpvpe"] > 3


def test_writes_what_was_found(frames, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    samples = [sample(*each, number=7 + n) for n, each in enumerate(frames)]
    numbers = rng.normal(size=(2, 2, 2, 64)), rng.normal(size=(2, 2, 2, 3))
    for n, each in enumerate(samples):
        each["pred_initial"] = dict(each["pred_instances"])
        for e, field in enumerate(("pred_initial", "pred_instances")):
            parameters, roots = (torch.from_numpy(values[n, e]) for values in numbers)
            each[field] |= {"parameters": parameters, "roots": roots}
        each["pred_instances"]["root"] = "middle_mcp"
    out = tmp_path / "hands.json"
    evaluate(samples, outfile=str(out), stages=True)
    written = json.loads(out.read_text())
    assert [image["id"] for image in written] == [7, 8]
    for n, image in enumerate(written):
        assert image["root"] == "middle_mcp"
        assert list(image["estimates"]) == ["initial", "answer"]
        for e, found in enumerate(image["estimates"].values()):
            for name, values in zip(("parameters", "roots"), numbers, strict=True):
                np.testing.assert_allclose(found[name], values[n, e], atol=5.1e-7)
    evaluate(samples, outfile=str(out))
    assert list(json.loads(out.read_text())[0]["estimates"]) == ["answer"]
    with pytest.raises(DataError, match=r"image 3.*no parameters and no roots"):
        evaluate([sample(*frames[0])], outfile=str(out))


def test_earlier_estimates_are_scored_when_asked(frames) -> None:
    samples = [sample(*each) for each in frames]
    for (truth, _), each in zip(frames, samples, strict=True):
        moved = truth + np.array([[[0.004, 0, 0]], [[0, 0, 0]]])
        each["pred_stage1"] = {"vertices": torch.from_numpy(moved)}
    scores = evaluate(samples, stages=True)
    assert scores["stage1/mrrpe"] == pytest.approx(4)
    assert scores["mrrpe"] < 1e-9 and len(scores) == 18
    assert set(evaluate(samples)) == {name for name in scores if "/" not in name}
    with pytest.raises(DataError, match=r"image 3.*pred_instances.vertices.*got none"):
        evaluate([sample(*frames[0], field="pred_stage1")])


def test_bad_samples_are_named(frames) -> None:
    truth, camera = frames[0]
    with pytest.raises(DataError, match=r"image 3.*\(2, 778, 3\).*one hand"):
        evaluate([sample(truth[:1], camera)])
    with pytest.raises(DataError, match=r"camera of image 3.*\(3, 3\)"):
        evaluate([sample(truth, camera[:2])])
    swapped = sample(truth[::-1].copy(), camera, number=11)
    with pytest.raises(DataError, match=r"1 of 1 images \(11\).*swapped"):
        evaluate([swapped])
    with pytest.raises(ConfigError, match=r"dir, intaghand.*'mano'"):
        METRICS.build(dict(type="HandMeshError", preset="mano"))
    with pytest.raises(ConfigError, match="'thumb'"):
        METRICS.build(dict(type="HandMeshError", root="thumb"))


def test_no_images_are_no_score() -> None:
    metric = METRICS.build(dict(type="HandMeshError"))
    with pytest.raises(DataError, match="images with both hands, got none"):
        metric.compute_metrics([])
