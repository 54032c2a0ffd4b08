"""Mosaics of four images: a function of the draw, with masks where the boxes are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mmdet.registry import DATASETS
from pycocotools import mask as coco_mask

from mmsia.datasets.mosaic import DrawnMosaic, TraceRunLengths
from mmsia.datasets.simulated.objects import write_objects
from mmsia.datasets.transforms.randomness import seeded_generators
from mmsia.errors import ConfigError

SCALE = (96, 96)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("objects")
    write_objects(folder, 8, 0, preset="smoke")
    return DATASETS.build(
        {
            "_scope_": "mmdet",
            "type": "MultiImageMixDataset",
            "dataset": {
                "type": "CocoDataset",
                "data_root": str(folder),
                "ann_file": "annotations/objects_train.json",
                "data_prefix": {"img": ""},
                "metainfo": {"classes": ("car", "chair", "bus", "sofa", "bicycle")},
                "pipeline": [
                    {"type": "LoadImageFromFile"},
                    {"type": "TraceRunLengths"},
                    {
                        "type": "LoadAnnotations",
                        "with_bbox": True,
                        "with_mask": True,
                        "poly2mask": False,
                    },
                ],
            },
            "pipeline": [{"type": "DrawnMosaic", "img_scale": SCALE, "prob": 1.0}],
        }
    )


def draw(mixed, number: int, seed: int) -> dict:
    with seeded_generators(seed, number):
        return mixed[number]


def test_a_mosaic_is_a_function_of_the_draw(mixed) -> None:
    """Whatever was seen before, and with others beside it."""
    first = draw(mixed, 0, 1)
    for number in range(len(mixed)):
        draw(mixed, number, 2)
    again = draw(mixed, 0, 1)
    np.testing.assert_array_equal(first["img"], again["img"])
    np.testing.assert_array_equal(
        first["gt_bboxes"].numpy(), again["gt_bboxes"].numpy()
    )
    assert (draw(mixed, 0, 3)["img"] != first["img"]).any()
    assert first["img"].shape == (2 * SCALE[1], 2 * SCALE[0], 3)


def test_masks_lie_in_their_boxes(mixed) -> None:
    counted = 0
    for number in range(len(mixed)):
        found = draw(mixed, number, 4)
        masks = found["gt_masks"].to_ndarray()
        assert len(masks) == len(found["gt_bboxes"]) == len(found["gt_bboxes_labels"])
        for mask, box in zip(masks, found["gt_bboxes"].numpy(), strict=True):
            rows, columns = np.nonzero(mask)
            # what the border cuts has a box of what is cut off, too
            inside = box.min() > 0 and box.max() < 2 * min(SCALE)
            if len(rows) < 20 or not inside:
                continue
            counted += 1
            around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            np.testing.assert_allclose(around, box, atol=2.5)
    assert counted > 10


def test_run_lengths_become_polygons_of_the_same_pixels() -> None:
    mask = np.zeros((30, 40), np.uint8)
    mask[5:20, 10:30] = 1
    mask[8:12, 15:20] = 0
    runs = coco_mask.encode(np.asfortranarray(mask))
    crowd = {"mask": dict(runs), "ignore_flag": 1}
    given = {"instances": [{"mask": dict(runs), "ignore_flag": 0}, crowd]}
    found = TraceRunLengths().transform(given)
    (ring,) = found["instances"][0]["mask"]
    drawn = coco_mask.decode(coco_mask.frPyObjects([ring], 30, 40))[..., 0]
    np.testing.assert_array_equal(drawn, mask)
    assert found["instances"][1] is crowd
    assert isinstance(given["instances"][0]["mask"], dict)


def test_what_it_needs_is_told() -> None:
    with pytest.raises(ConfigError, match="equal sides"):
        DrawnMosaic(img_scale=(100, 80))
    with pytest.raises(ConfigError, match="MultiImageMixDataset"):
        DrawnMosaic(img_scale=SCALE).transform({"img": np.zeros((4, 4, 3))})
