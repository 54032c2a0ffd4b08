"""Outlines as labels: rings by hand, run lengths, through the pipeline, bad input."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import torch
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import KEYPOINT_CODECS, TRANSFORMS
from pycocotools import mask as coco_mask

import mmsia.all  # noqa: F401, registers the parts
from mmsia.codecs.person_outlines import encode_outlines, trace
from mmsia.datasets.simulated import people
from mmsia.errors import InputError
from mmsia.ops.limbs import COCO_FLIP_INDICES
from mmsia.ops.roi_masks import draw_roi_masks

SIZE = (192, 160)
CODEC = dict(type="CenterLines", input_size=SIZE, outlines=True)
STILL = np.array([[1.0, 0, 0], [0, 1, 0]])


def test_rings_by_hand():
    segmentation = [[1, 2, 5, 2, 5, 8], [10, 10, 12, 10, 12, 14, 10, 14]]
    rings = trace(segmentation)
    assert rings[:4].tolist() == [[1, 2], [5, 2], [5, 8], [1, 2]]
    assert np.isnan(rings[[4, 10]]).all() and rings[9].tolist() == [10, 10]
    assert np.isfinite(np.delete(rings, [4, 10], axis=0)).all() and len(rings) == 11
    assert trace(None).shape == trace([]).shape == (0, 2)


@pytest.mark.parametrize("compressed", [False, True])
def test_run_lengths_with_holes_and_islands(compressed):
    mask = np.zeros((60, 80), dtype=np.uint8)
    mask[5:50, 8:70] = 1
    mask[15:30, 20:30] = mask[35:45, 40:60] = 0
    mask[20:25, 23:27] = mask[55:58, 70:75] = mask[0, 0] = 1
    runs = coco_mask.encode(np.asfortranarray(mask))
    if not compressed:
        ends = np.flatnonzero(np.diff(mask.ravel(order="F"))) + 1
        counts = np.diff(np.concatenate([[0, 0], ends, [mask.size]])).tolist()
        runs = {"size": [60, 80], "counts": counts}
    rings = torch.tensor(trace(runs))[None]
    (drawn,) = draw_roi_masks(rings, torch.tensor([[0.0, 0, 80, 60]]), (80, 60))
    assert np.array_equal(drawn, mask)
    assert trace(coco_mask.encode(np.zeros((4, 5), np.uint8, order="F"))).size == 0


def person(box, *rings, **options):
    return dict(bbox=box, segmentation=[list(ring) for ring in rings], **options)


def encode(people_, boxes, **options):
    points = np.zeros((len(people_), 17, 2))
    return KEYPOINT_CODECS.build(CODEC).encode(
        points,
        np.ones(points.shape[:2]),
        np.asarray(boxes, dtype=float),
        **{"raw_ann_info": people_, "warp_mat": STILL, **options},
    )


def test_labels_are_of_those_that_are_kept():
    square = (10, 20, 30, 20, 30, 60, 10, 60)
    all_ = [
        person([10, 20, 20, 40], square),
        dict(bbox=[0, 0, 99, 99], segmentation={"size": [9, 9], "counts": [81]}),
        person([500, 500, 20, 20], (500, 500, 520, 500, 520, 520)),
        dict(bbox=[40, 50, 60, 70]),
    ]
    boxes = [[10, 20, 30, 60], [0, 0, 99, 99], [500, 500, 520, 520], [40, 50, 100, 120]]
    encoded = encode(all_, boxes, iscrowd=[0, 1, 0, 0])
    outlines = encoded["outline_labels"]
    assert outlines.shape == (2, 6, 2) and outlines.dtype == np.float32
    assert outlines[0, :4].tolist() == np.reshape(square, (4, 2)).tolist()
    assert np.isnan(outlines[0, 5]).all() and np.isnan(outlines[1]).all()
    assert len(encoded["box_labels"]) == 2
    nobody = encode([], np.zeros((0, 4)), raw_ann_info=None, warp_mat=None)
    assert nobody["outline_labels"].shape == (0, 0, 2)
    plain = KEYPOINT_CODECS.build(dict(CODEC, outlines=False))
    assert "outlines" not in plain.label_mapping_table.values()


def test_outlines_of_another_place_are_refused():
    one = person([10, 20, 20, 40], (10, 20, 30, 20, 30, 60), id=7)
    with pytest.raises(InputError, match="annotation 7"):
        encode([one], [[20, 20, 40, 60]])
    for options in (dict(raw_ann_info=None), dict(warp_mat=None)):
        with pytest.raises(InputError, match="raw_ann_info, and warp_mat"):
            encode([one], [[10, 20, 30, 60]], **options)
    with pytest.raises(InputError, match="1 annotations of 2"):
        encode_outlines(np.zeros((2, 4)), np.ones(2, dtype=bool), [one], STILL)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    people.write_people(folder, 6, 3, preset="smoke")
    path = folder / "annotations/person_keypoints_train2017.json"
    return json.loads(path.read_text())


def augmented(annotations, image, seed):
    """What MMPose's pipeline makes of one image's annotations."""
    affine = TRANSFORMS.build(
        dict(
            type="OffsetGuidedAffine",
            input_size=SIZE,
            scale_range=(0.6, 1.5),
            scale_of="short_edge",
            max_shift=40,
            centring="image",
        )
    )
    keypoints = np.array([a["keypoints"] for a in annotations]).reshape(-1, 17, 3)
    boxes = np.array([a["bbox"] for a in annotations], dtype=float)
    results = dict(
        img=np.zeros((image["height"], image["width"], 3), np.uint8),
        keypoints=keypoints[..., :2].astype(np.float32),
        keypoints_visible=np.minimum(1, keypoints[..., 2]),
        bbox=np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1),
        iscrowd=[a["iscrowd"] for a in annotations],
        raw_ann_info=annotations,
        flip_indices=list(COCO_FLIP_INDICES),
        rng=np.random.default_rng(seed),
    )
    results = affine.transform(results)
    target = TRANSFORMS.build(dict(type="GenerateTarget", encoder=CODEC))
    return results["warp_mat"], PackPoseInputs().transform(target.transform(results))


def test_masks_of_turned_people_are_their_turned_masks(simulated):
    """Against the mask of the original image, warped as an image is."""
    overlaps = []
    for seed, image in enumerate(simulated["images"]):
        own = [a for a in simulated["annotations"] if a["image_id"] == image["id"]]
        matrix, packed = augmented(own, image, seed)
        labels = packed["data_samples"].gt_instance_labels
        assert len(labels.outlines) == len(labels.bboxes)
        middles = draw_roi_masks(
            labels.outlines,
            torch.tensor([[0.0, 0, *SIZE]]).repeat(len(labels.outlines), 1),
            SIZE,
        ).numpy()
        singles = [a for a in own if not a["iscrowd"]]
        fine = []
        for annotation in singles:
            runs = coco_mask.frPyObjects(
                annotation["segmentation"], image["height"], image["width"]
            )
            mask = coco_mask.decode(coco_mask.merge(runs)).astype(np.float32)
            # by the matrix that warps the image
            fine.append(cv2.warpAffine(mask, matrix, SIZE) >= 0.5)
        for drawn in middles > 0:
            iou = [(drawn & mask).sum() / max(1, (drawn | mask).sum()) for mask in fine]
            overlaps.append((max(iou), drawn.sum()))
    assert len(overlaps) >= 10
    # what half a pixel of the rim of a small person is
    assert all(iou > 1 - 2 / np.sqrt(area) for iou, area in overlaps)
