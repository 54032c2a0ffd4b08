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
    found = [each[0] + 0.001 * (n + 1) for n, each in enumerate(frames)]
    samples = [
        sample(*each, found=mesh, number=7 + n)
        for n, (each, mesh) in enumerate(zip(frames, found, strict=True))
    ]
    out = tmp_path / "hands.json"
    evaluate(samples, outfile=str(out))
    written = json.loads(out.read_text())
    assert [image["id"] for image in written] == [7, 8]
    for image, mesh in zip(written, found, strict=True):
        back = np.array([image["left"], image["right"]]).reshape(2, 778, 3) * 1e-6
        np.testing.assert_allclose(back, mesh, atol=5.1e-7)


def test_earlier_estimates_are_scored_by_their_field(frames) -> None:
    samples = [sample(*each, field="initial_instances") for each in frames]
    assert evaluate(samples, field="initial_instances")["mpjpe"] < 1e-9
    with pytest.raises(DataError, match=r"image 3.*pred_instances.vertices.*got none"):
        evaluate(samples)


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
