"""The laboratory's curves on a few made people."""

import json

import pytest

from mmsia.bench.laboratory import LEVELS, CurvePoint, degradation_curves
from mmsia.codecs import OffsetGuidedHeatmap
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.datasets.simulated.crowds import simulate_crowds
from mmsia.errors import InputError


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    path = tmp_path_factory.mktemp("crowds") / "people.json"
    path.write_text(json.dumps(simulate_crowds(6, seed=1)))
    return load_coco_keypoints(path)


def test_curves_start_alike_and_fall(truth):
    seen = []
    points = degradation_curves(
        truth,
        {
            "ours": OffsetGuidedHeatmap(),
            "qnt": OffsetGuidedHeatmap(encoding="quantized"),
        },
        levels={"noise": (0.2,), "gain": (0.8,)},
        on_point=seen.append,
    )
    assert seen == points and all(isinstance(p, CurvePoint) for p in points)
    assert [(p.kind, p.level) for p in points[:4]] == [
        ("gain", 0.0), ("gain", 0.8), ("noise", 0.0), ("noise", 0.2),
    ]  # fmt: skip
    ours = {(p.kind, p.level): p.ap for p in points if p.codec == "ours"}
    assert ours["gain", 0.0] == ours["noise", 0.0]
    assert ours["gain", 0.8] < ours["gain", 0.0]
    assert ours["noise", 0.2] < ours["noise", 0.0]
    clean_quantized = next(p.ap for p in points if p.codec == "qnt")
    assert clean_quantized < ours["gain", 0.0]


def test_same_seed_same_curves(truth):
    runs = [
        degradation_curves(
            truth, {"ours": OffsetGuidedHeatmap()}, levels={"noise": (0.05,)}, seed=seed
        )
        for seed in (4, 4, 5)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_impossible_levels_are_refused(truth):
    with pytest.raises(InputError, match="blur is out of range"):
        degradation_curves(
            truth, {"ours": OffsetGuidedHeatmap()}, levels={"blur": (-1.0,)}
        )


def test_published_levels_are_positive_and_rise():
    for levels in LEVELS.values():
        assert all(a < b for a, b in zip((0, *levels), levels, strict=False))
