"""Every adapter gives back what it was given, for MMPose's codecs and ours."""

import numpy as np
import pytest
from mmpose.codecs import (
    AssociativeEmbedding,
    MegviiHeatmap,
    MSRAHeatmap,
    RegressionLabel,
    SimCCLabel,
    UDPHeatmap,
)

from mmsia.bench.codec_adapters import adapter_of, output_stride
from mmsia.codecs import OffsetGuidedHeatmap
from mmsia.errors import InputError

ORDER = [0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16]
CROP, MAP = (192, 256), (48, 64)
# codec, worst error in pixels of its own rounding
CODECS = {
    "ours": (OffsetGuidedHeatmap((256, 256)), 1.0),
    "ours, quantized, ro": (
        OffsetGuidedHeatmap((256, 256), encoding="quantized", refinement="offset"),
        1.0,
    ),
    "AE": (
        AssociativeEmbedding((256, 256), (64, 64), 2.0, decode_keypoint_order=ORDER),
        3.5,  # 2 of rounding to a cell, 1.5 of restoring with half-pixel centres
    ),
    "MSRA": (MSRAHeatmap(CROP, MAP, 2.0), 3.0),
    "DARK": (MSRAHeatmap(CROP, MAP, 2.0, unbiased=True), 0.5),
    # MMPose encodes with (W - 1) / (w - 1) and decodes with W / (w - 1)
    "UDP": (UDPHeatmap(CROP, MAP, sigma=2.0), 1.0),
    "Megvii": (MegviiHeatmap(CROP, MAP, kernel_size=11), 3.0),
    "SimCC": (SimCCLabel(CROP), 0.5),
}


@pytest.mark.parametrize("name", CODECS)
def test_round_trip_of_one_person(name):
    codec, error = CODECS[name]
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.arange(4), np.arange(5)), -1).reshape(-1, 2)[:17]
    keypoints = (30 + 36.0 * grid + rng.uniform(0, 4, (17, 2)))[None]
    adapter = adapter_of(codec)
    outputs = adapter.encode(codec, keypoints, np.full((1, 17), 2.0))
    found, scores, totals = adapter.decode(codec, outputs)
    assert found.shape == (1, 17, 2) and scores.shape == (1, 17)
    assert totals.shape == (1,)
    assert np.abs(found - keypoints).max() <= error


def test_crowd_codecs_tell_people_apart():
    rng = np.random.default_rng(1)
    keypoints = rng.uniform(10, 110, (2, 17, 2)) + np.array([[[0]], [[130]]])
    for name in ("ours", "AE"):
        codec, _ = CODECS[name]
        adapter = adapter_of(codec)
        assert adapter.crowds
        found, _, _ = adapter.decode(
            codec, adapter.encode(codec, keypoints, np.ones((2, 17)))
        )
        assert sorted((found.mean((1, 2)) > 125).tolist()) == [False, True]


@pytest.mark.parametrize("name", ["ours", "AE"])
def test_crowd_codecs_without_people(name):
    codec, _ = CODECS[name]
    adapter = adapter_of(codec)
    outputs = adapter.encode(codec, np.zeros((0, 17, 2)), np.zeros((0, 17)))
    assert len(adapter.decode(codec, outputs)[0]) == 0


@pytest.mark.parametrize(
    ("name", "stride"), [("ours", 4), ("AE", 4), ("MSRA", 4), ("SimCC", 0.5)]
)
def test_stride_in_input_pixels(name, stride):
    assert output_stride(CODECS[name][0]) == stride


def test_codec_without_responses_is_refused():
    with pytest.raises(InputError, match="expected one of AssociativeEmbedding"):
        adapter_of(RegressionLabel(CROP))
    with pytest.raises(InputError, match="cannot be put"):
        adapter_of("MSRAHeatmap")
