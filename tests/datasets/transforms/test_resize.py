from __future__ import annotations

import cv2
import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.registry import MODELS, TRANSFORMS
from mmpose.structures import PoseDataSample

import mmsia.all  # noqa: F401, registers
from mmsia.datasets.transforms import OffsetGuidedResize
from mmsia.errors import ConfigError, InputError

SIZES = [(640, 427), (427, 640), (333, 500), (640, 640), (1, 1), (8000, 200), (13, 7)]


def resize(width, height, **options):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    results = {"img": image, "ori_shape": (height, width), "img_path": "some.jpg"}
    return image, OffsetGuidedResize(**options)(results)


def to_image(results, points):
    """What MMPose's estimator makes of points in the network's input."""
    sample = PoseDataSample(metainfo={k: results[k] for k in KEYS})
    poses = InstanceData(keypoints=points, keypoint_scores=np.ones(points.shape[:2]))
    estimator = MODELS.get("BottomupPoseEstimator")
    estimator.add_pred_to_datasample(None, [poses], None, [sample])
    return sample.pred_instances.keypoints


KEYS = ("input_size", "input_scale", "input_center")


def test_builds_from_the_registry():
    transform = TRANSFORMS.build({"type": "OffsetGuidedResize", "mode": "fixed_height"})
    assert (transform.mode, transform.size) == ("fixed_height", 640)


@pytest.mark.parametrize("mode", ["long_edge", "fixed_height"])
@pytest.mark.parametrize("size", SIZES)
def test_estimator_inverts_the_map_of_the_notes_exactly(mode, size):
    _, results = resize(*size, mode=mode)
    width, height = size
    points = np.random.default_rng(1).uniform(0, [width, height], (5, 17, 2))
    if mode == "long_edge":
        long = 640 / max(size)
        resized = [640 if side == max(size) else int(side * long) for side in size]
        left, top = ((640 - side) // 2 for side in resized)
    else:
        resized, left, top = [int(width * 640 / height), 640], 0, 0
    one = [
        w2 / w if w == 1 else (w2 - 1) / (w - 1)
        for w2, w in zip(resized, size, strict=True)
    ]
    there = points * one + [left, top]
    np.testing.assert_allclose(to_image(results, there), points, atol=1e-6)


def test_long_edge_worked_by_hand():
    image, results = resize(640, 427, size=320)
    # 427 / 2 truncated to 213; 107 rows of padding, 53 above
    assert results["img"].shape == (320, 320, 3)
    assert results["input_size"] == (320, 320)
    inner = cv2.resize(image, (320, 213), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(results["img"][53:266], inner)
    for padding in (results["img"][:53], results["img"][266:]):
        assert (padding == (104, 116, 124)).all()  # BGR of (124, 116, 104)


def test_fixed_height_pads_right_and_bottom_to_128():
    image, results = resize(500, 375, mode="fixed_height", size=600)
    assert results["img"].shape == (640, 896, 3)  # 600 and 800 up to multiples of 128
    inner = cv2.resize(image, (800, 600), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(results["img"][:600, :800], inner)
    assert (results["img"][600:] == (104, 116, 124)).all()
    assert results["img_shape"] == (640, 896)


def test_an_image_of_the_right_size_stays_as_it_is():
    image, results = resize(640, 640)
    np.testing.assert_array_equal(results["img"], image)


def test_a_sliver_that_shrinks_to_one_row_still_maps_back():
    _, results = resize(8000, 6)
    points = np.array([[[0.0, 319.0], [639.0, 319.0]]])
    back = to_image(results, points)
    assert np.isfinite(back).all()
    np.testing.assert_allclose(back[0, :, 0], [0, 7999], atol=1e-6)


def test_bad_options_and_images_are_named():
    with pytest.raises(ConfigError, match="expected one of long_edge, fixed_height"):
        OffsetGuidedResize(mode="short_edge")
    with pytest.raises(InputError, match=r"some\.jpg is too long and thin.*long_edge"):
        resize(8000, 20, mode="fixed_height")


def test_annotations_move_with_the_image_when_asked():
    image = np.zeros((100, 200, 3), np.uint8)
    annotations = {
        "keypoints": np.array([[[0.0, 0.0], [199.0, 99.0]]], np.float32),
        "bbox": np.array([[0.0, 0.0, 199.0, 99.0]], np.float32),
        "valid_mask": np.zeros((100, 200), np.uint8),
    }
    transform = OffsetGuidedResize(size=100, with_annotations=True)
    results = transform({"img": image, **annotations})
    # 200 x 100 becomes 100 x 50, 25 rows below the top
    np.testing.assert_allclose(results["keypoints"], [[[0, 25], [99, 74]]], atol=1e-5)
    np.testing.assert_allclose(results["bbox"], [[0, 25, 99, 74]], atol=1e-5)
    assert (results["valid_mask"][25:75] == 0).all()
    assert (results["valid_mask"][:25] == 255).all()
    matrix, point = results["warp_mat"], annotations["keypoints"][0, 1]
    np.testing.assert_allclose(matrix @ [*point, 1], [99, 74])
    back = to_image(results, results["keypoints"].astype(np.float64))
    np.testing.assert_allclose(back, annotations["keypoints"], atol=1e-4)
    left = OffsetGuidedResize(size=100)({"img": image, **annotations})
    assert left["keypoints"] is annotations["keypoints"] and "warp_mat" not in left
