"""GOG's codec as a whole: encode, decode, and what it refuses."""

import numpy as np
import pytest
import torch
from mmpose.registry import KEYPOINT_CODECS

from mmsia.codecs import OffsetGuidedHeatmap
from mmsia.errors import ConfigError, InputError, MMSIAError
from mmsia.ops.limbs import LIMB_SETS

# A standing person, 40 x 140 px, integer keypoints.
PERSON = np.array(
    [
        (20, 8), (23, 4), (17, 4), (28, 7), (12, 7), (34, 28), (6, 28), (39, 50),
        (1, 50), (40, 70), (0, 70), (30, 72), (10, 72), (31, 105), (9, 105), (32, 138),
        (8, 138),
    ],
    dtype=float,
)  # fmt: skip


def well_separated(num_people=10):
    """People in a 5 x 2 grid with 100 px between them, each bent a little."""
    rng = np.random.default_rng(0)
    corners = [(50 + 110 * (n % 5), 60 + 260 * (n // 5)) for n in range(num_people)]
    bend = rng.integers(-6, 7, (num_people, 17, 2))
    return PERSON + np.array(corners)[:, None] + bend


def boxes_of(people):
    return np.concatenate((people.min(1), people.max(1)), axis=1)


def decode_own(codec, people, visible=None):
    encoded = codec.encode(people, visible, boxes_of(people) if len(people) else None)
    names = ("heatmaps", "offsets", "refinement_offsets")
    return codec.batch_decode(*(encoded[n][None] for n in names if n in encoded))


def match(found, people):
    """Order found poses as the people, by nearest mean."""
    distance = np.linalg.norm(found.mean(1)[:, None] - people.mean(1), axis=-1)
    return found[distance.argmin(0)]


@pytest.mark.parametrize("limbs", sorted(LIMB_SETS))
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_ten_separated_people_come_back_exactly(stride, limbs):
    people = well_separated()
    codec = OffsetGuidedHeatmap(heatmap_stride=stride, limbs=limbs)
    keypoints, scores, totals = decode_own(codec, people)
    assert keypoints[0].shape == (10, 17, 2)
    np.testing.assert_array_equal(match(keypoints[0], people), people)
    assert (scores[0] > 0.9).all()
    np.testing.assert_allclose(totals[0], scores[0].sum(1) / 17, rtol=1e-6)
    assert (np.diff(totals[0]) <= 0).all()


def test_built_by_the_registry_with_the_published_defaults():
    codec = KEYPOINT_CODECS.build({"type": "OffsetGuidedHeatmap"})
    assert (codec.heatmap_stride, codec.sigma, codec.num_limbs) == (4, 7.0, 19)
    assert (codec.max_peaks, codec.keypoint_thr, codec.pose_thr) == (32, 0.04, 0.04)
    rule = codec.pairing_rule
    assert (rule.pairing, rule.max_guide_error, rule.min_limb_length) == (
        "nearest", 40.0, 0.5,
    )  # fmt: skip


# Worst errors in pixels. Decoding picks one of the two nearest pixels of each axis
# (bilinear: up to one further); quantized encoding forgets up to a cell; one map of
# refinement offsets serves all types, so neighbours closer than a cell share a vector.
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, 1.0),
        ({"upsampling": "bilinear"}, 2.0),
        ({"refinement": "offset"}, 4.0),
        ({"refinement": "dark"}, 0.2),
        ({"encoding": "quantized"}, 4.0),
        ({"encoding": "quantized", "refinement": "offset"}, 4.0),
        ({"encoding": "quantized", "refinement": "dark"}, 4.0),
        ({"offset_target": "displacement"}, 1.0),
        ({"pairing": "score"}, 1.0),
        ({"instance_score": "mean"}, 1.0),
    ],
)
def test_every_variant_returns_every_person(options, error):
    people = well_separated() + 0.3
    keypoints, _, _ = decode_own(OffsetGuidedHeatmap(**options), people)
    assert len(keypoints[0]) == 10
    assert np.abs(match(keypoints[0], people) - people).max() <= error


def test_shapes_types_and_fields():
    people = well_separated(3)
    codec = OffsetGuidedHeatmap((320, 256), limbs="coco44", refinement="offset")
    encoded = codec.encode(people, np.ones((3, 17)), boxes_of(people))
    shapes = {name: maps.shape for name, maps in encoded.items()}
    assert shapes == {
        "heatmaps": (17, 64, 80),
        "offsets": (88, 64, 80),
        "instance_scales": (44, 64, 80),
        "refinement_offsets": (2, 64, 80),
    }
    assert {maps.dtype for maps in encoded.values()} == {np.dtype(np.float32)}
    assert set(encoded) | {"heatmap_mask"} == set(codec.field_mapping_table)


def test_scale_is_the_root_of_the_box_area_turned_or_not():
    people = well_separated(1)
    x0, y0, x1, y1 = box = boxes_of(people)[0]
    expected = np.sqrt((x1 - x0) * (y1 - y0))
    corners = np.array([(x0, y0), (x0, y1), (x1, y0), (x1, y1)])
    angle = 0.7
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    codec = OffsetGuidedHeatmap()
    for bbox in (box, corners, corners @ turn.T):
        scales = codec.encode(people, None, bbox[None])["instance_scales"]
        assert scales.max() == pytest.approx(expected, rel=1e-6)
    with pytest.raises(InputError, match="bbox"):
        codec.encode(people, None, np.zeros((2, 4)))


def test_invisible_keypoints_are_neither_drawn_nor_found():
    people = well_separated(2)
    visible = np.ones((2, 17))
    visible[0, 9] = 0
    people[0, 9] = np.nan
    keypoints, scores, _ = decode_own(OffsetGuidedHeatmap(), people, visible)
    lost = np.argwhere(scores[0] == 0)
    assert lost.tolist() == [[1, 9]]  # the poorer person comes last
    assert keypoints[0][1, 9].tolist() == [0, 0]


@pytest.mark.parametrize("shape", [(160, 160), (160, 224), (1, 1)])
def test_maps_of_other_sizes_and_emptiness(shape):
    codec = OffsetGuidedHeatmap()
    decoded = codec.batch_decode(np.zeros((2, 17, *shape)), np.zeros((2, 38, *shape)))
    for keypoints, scores, totals in zip(*decoded, strict=True):
        assert (keypoints.shape, scores.shape, totals.shape) == (
            (0, 17, 2), (0, 17), (0,),
        )  # fmt: skip


def test_tensors_and_half_precision():
    people = well_separated()
    codec = OffsetGuidedHeatmap()
    encoded = codec.encode(people)
    maps = (encoded["heatmaps"][None], encoded["offsets"][None])
    expected = codec.batch_decode(*maps)[0][0]
    found = codec.batch_decode(*map(torch.from_numpy, maps))[0][0]
    np.testing.assert_array_equal(found, expected)
    half = codec.batch_decode(*(torch.from_numpy(m).half() for m in maps))[0][0]
    assert len(half) == 10 and np.abs(match(half, people) - people).max() <= 1


@pytest.mark.parametrize("cast", [np.float16, torch.half], ids=["array", "tensor"])
def test_a_sum_beyond_half_precision_is_no_fault_of_the_maps(cast):
    """17 maps of 160 x 160 cells at 0.2 add up to 87040; half ends at 65504."""
    people = well_separated()
    codec = OffsetGuidedHeatmap(keypoint_thr=0.5)
    encoded = codec.encode(people)
    maps = [np.maximum(encoded["heatmaps"], 0.2), encoded["offsets"]]
    if cast is torch.half:
        maps = [torch.from_numpy(part).half() for part in maps]
    else:
        maps = [part.astype(cast) for part in maps]
    assert len(codec.decode({"heatmaps": maps[0], "offsets": maps[1]})[0]) == 10


@pytest.mark.gpu
def test_cuda_gives_the_same_poses():
    people = well_separated()
    codec = OffsetGuidedHeatmap()
    encoded = codec.encode(people)
    maps = [torch.from_numpy(encoded[n])[None] for n in ("heatmaps", "offsets")]
    expected = codec.batch_decode(*maps)[0][0]
    found = codec.batch_decode(*(part.cuda() for part in maps))[0][0]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("encoding", ["exact", "quantized"])
def test_refinement_offsets_restore_lone_keypoints(encoding):
    """Where no other keypoint is near, real-valued positions come back exactly."""
    people = 7 * well_separated(1) - 300 + 0.37
    codec = OffsetGuidedHeatmap(
        (1280, 1280), encoding=encoding, refinement="offset", limbs=[(11, 15), (12, 16)]
    )
    visible = np.zeros((1, 17))
    visible[0, [11, 12, 15, 16]] = 1
    keypoints, scores = codec.decode(codec.encode(people, visible))
    legs = [np.flatnonzero(found).tolist() for found in scores]
    assert sorted(legs) == [[11, 15], [12, 16]]
    for leg, pair in zip(keypoints, legs, strict=True):
        np.testing.assert_allclose(leg[pair], people[0, pair], atol=1e-3)


def test_decode_of_one_image():
    people = well_separated(2)
    codec = OffsetGuidedHeatmap()
    keypoints, scores = codec.decode(codec.encode(people))
    np.testing.assert_array_equal(match(keypoints, people), people)
    assert scores.shape == (2, 17)


def test_no_people():
    codec = OffsetGuidedHeatmap(refinement="offset")
    encoded = codec.encode(np.zeros((0, 17, 2)), np.zeros((0, 17)), np.zeros((0, 4)))
    assert (encoded["heatmaps"] == 0).all() and np.isinf(encoded["offsets"]).all()
    assert (encoded["instance_scales"] == 1).all()
    assert len(codec.decode(encoded)[0]) == 0


def test_a_hundred_people_on_one_spot():
    people = np.repeat(well_separated(1), 100, axis=0)
    keypoints, _, _ = decode_own(OffsetGuidedHeatmap(), people)
    np.testing.assert_array_equal(keypoints[0], people[:1])


def test_people_outside_the_frame():
    people = well_separated(2) + np.array([[[5000.0, -5000.0]]])
    assert len(decode_own(OffsetGuidedHeatmap(), people)[0][0]) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_annotated_keypoint_that_is_not_finite(value):
    people = well_separated(2)
    people[1, 3, 0] = value
    with pytest.raises(InputError, match="keypoint 3 of person 1 is not finite"):
        OffsetGuidedHeatmap().encode(people)


@pytest.mark.parametrize(
    ("keypoints", "visible"),
    [
        (np.zeros((2, 16, 2)), None),
        (np.zeros((2, 17, 3)), None),
        (np.zeros((17, 2)), None),
        (np.zeros((2, 17, 2)), np.zeros((2, 16))),
        (np.zeros((2, 17, 2)), np.zeros(17)),
    ],
)
def test_wrong_shapes_are_refused(keypoints, visible):
    with pytest.raises(InputError, match=r"wrong shape: expected .*, got"):
        OffsetGuidedHeatmap().encode(keypoints, visible)


@pytest.mark.parametrize(
    "shapes",
    [
        ((1, 16, 9, 9), (1, 38, 9, 9)),
        ((1, 17, 9, 9), (1, 88, 9, 9)),
        ((1, 17, 9, 9), (1, 38, 9, 8)),
    ],
)
def test_maps_that_do_not_fit_are_refused(shapes):
    heatmaps, offsets = (np.zeros(shape, np.float32) for shape in shapes)
    with pytest.raises(InputError, match="do not fit the codec"):
        OffsetGuidedHeatmap().batch_decode(heatmaps, offsets)


def test_refinement_maps_are_asked_for():
    maps = np.zeros((1, 17, 9, 9)), np.zeros((1, 38, 9, 9))
    with pytest.raises(InputError, match="needs refinement_offsets"):
        OffsetGuidedHeatmap(refinement="offset").batch_decode(*maps)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_responses_that_are_not_finite_are_refused(value):
    heatmaps = np.zeros((1, 17, 9, 9), np.float32)
    heatmaps[0, 5, 4, 4] = value
    with pytest.raises(InputError, match="not finite"):
        OffsetGuidedHeatmap().batch_decode(heatmaps, np.zeros((1, 38, 9, 9)))


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "exakt"},
        {"refinement": "ro"},
        {"upsampling": "nearest"},
        {"offset_target": "to"},
        {"instance_score": "max"},
        {"pairing": "best"},
        {"limbs": "coco20"},
        {"limbs": [(0, 17)]},
        {"heatmap_stride": 0},
        {"sigma": 0.0},
        {"sigma": float("nan")},
        {"keypoint_thr": 0},
        {"input_size": (2, 640)},
    ],
)
def test_bad_options_are_refused(options):
    with pytest.raises(MMSIAError, match="expected"):
        OffsetGuidedHeatmap(**options)


def test_config_error_names_the_codec():
    with pytest.raises(ConfigError, match="OffsetGuidedHeatmap: unknown encoding"):
        OffsetGuidedHeatmap(encoding="x")
