"""Detections of several categories: COCO's own numbers, and draws of images."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmsia.bench.scoring.choose import scoring_named, scoring_of
from mmsia.bench.scoring.coco_detection import CocoDetection
from mmsia.errors import ConfigError, DataError
from mmsia.files import write_json

SIZE = (120, 160)
BOTH = CocoDetection(("bbox", "segm"))


def runs(box: list[float]) -> dict[str, Any]:
    mask = np.zeros(SIZE, np.uint8)
    x, y, w, h = (round(value) for value in box)
    mask[y : y + h, x : x + w] = 1
    found = coco_mask.encode(np.asfortranarray(mask))
    return {"size": list(SIZE), "counts": found["counts"].decode()}


def entry(number: int, image: int, category: int, box: list[float]) -> dict[str, Any]:
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": box,
        "area": box[2] * box[3],
        "segmentation": runs(box),
        "iscrowd": 0,
    }


def annotations(folder: Path, num: int = 12) -> Path:
    """Two or three objects an image; of category 9 there is none."""
    rng = np.random.default_rng(0)
    objects = []
    for image in range(1, num + 1):
        for category in (2, 5, 5)[: 2 + image % 2]:
            low = rng.integers(0, 60, 2)
            box = [float(v) for v in (*low, *rng.integers(8, 55, 2))]
            objects.append(entry(len(objects) + 1, image, category, box))
    names = {2: "car", 5: "bus", 9: "sofa"}
    content = {
        "images": [
            {"id": i, "file_name": f"{i}.jpg", "height": SIZE[0], "width": SIZE[1]}
            for i in range(1, num + 1)
        ],
        "categories": [{"id": n, "name": name} for n, name in names.items()],
        "annotations": objects,
    }
    path = folder / "objects.json"
    write_json(path, content)
    return path


def results(path: Path) -> list[dict[str, Any]]:
    """Boxes near the true ones, some of another category, some doubled."""
    rng = np.random.default_rng(1)
    found = []
    for each in json.loads(path.read_text())["annotations"]:
        for _ in range(rng.integers(0, 3)):
            box = np.maximum(
                np.array(each["bbox"]) + rng.integers(-4, 5, 4), [0, 0, 4, 4]
            )
            found.append(
                {
                    "image_id": each["image_id"],
                    "category_id": int(rng.choice([each["category_id"], 2])),
                    "bbox": box.tolist(),
                    "score": float(rng.random()),
                }
            )
    return found


def write_results(prefix: Path, found: list[dict[str, Any]]) -> None:
    write_json(Path(f"{prefix}.bbox.json"), found)
    masks = [{**each, "segmentation": runs(each["bbox"])} for each in found]
    write_json(Path(f"{prefix}.segm.json"), masks)


def own_numbers(path: Path, found: list[dict[str, Any]], kind: str) -> np.ndarray:
    """COCO's library, as its users call it."""
    given = [{k: v for k, v in each.items() if k != "bbox"} for each in found]
    if kind == "segm":
        for each, one in zip(found, given, strict=True):
            one["segmentation"] = runs(each["bbox"])
    else:
        given = found
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(path))
        evaluation = COCOeval(truth, truth.loadRes(given), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return 100 * evaluation.stats


def test_scores_are_cocos_own(tmp_path: Path) -> None:
    path = annotations(tmp_path)
    scoring, evaluator = scoring_of(
        {"type": "mmdet.CocoMetric", "metric": ["bbox", "segm"]}
    )
    assert scoring == BOTH
    written = scoring.keep(evaluator, tmp_path / ".raw")
    assert evaluator["format_only"]
    write_results(Path(evaluator["outfile_prefix"]), results(path))
    scored = scoring.score(scoring.open(path), scoring.read(written), range(1, 13), 300)
    for kind in ("bbox", "segm"):
        own = own_numbers(path, results(path), kind)
        names = ("ap", "ap50", "ap75", "ap_s", "ap_m")
        for name, value in zip(names, own[:5], strict=True):
            assert scored.scores[f"{kind}_{name}"] == pytest.approx(value)
    assert 0 < scored.scores["bbox_ap"] < 100
    draws = scored.draws["bbox_ap"]
    assert draws.shape == (300,)
    assert draws.std() > 0.5
    assert np.quantile(draws, 0.01) < scored.scores["bbox_ap"] < draws.max()
    assert scored.counts == {
        "num_images": 12,
        "num_objects": 30,
        "num_detections": len(results(path)),
    }


def test_a_draw_is_the_ap_of_the_images_drawn(tmp_path: Path) -> None:
    """Images written as often as the first draw has them give that draw's AP."""
    from mmsia.bench.intervals import IMAGE_SEED
    from mmsia.evaluation.bootstrap import draw_weights

    path = annotations(tmp_path)
    truth, found = BOTH.open(path), results(path)
    given = [{"metric": "bbox", **each} for each in found]
    scored = CocoDetection(("bbox",)).score(truth, given, range(1, 13), 3)
    weights = draw_weights(12, 3, IMAGE_SEED)[0]
    content = json.loads(path.read_text())
    images, objects, repeated = [], [], []
    for image, weight in zip(content["images"], weights, strict=True):
        for _ in range(weight):
            number = len(images) + 1
            images.append({**image, "id": number})
            for each in content["annotations"]:
                if each["image_id"] == image["id"]:
                    ids = {"id": len(objects) + 1, "image_id": number}
                    objects.append({**each, **ids})
            repeated += [
                {**each, "image_id": number}
                for each in found
                if each["image_id"] == image["id"]
            ]
    other = tmp_path / "drawn.json"
    write_json(other, {**content, "images": images, "annotations": objects})
    own = own_numbers(other, repeated, "bbox")[0]
    assert scored.draws["bbox_ap"][0] == pytest.approx(own)


def test_nothing_found_is_zero(tmp_path: Path) -> None:
    truth = BOTH.open(annotations(tmp_path))
    scored = BOTH.score(truth, [], range(1, 13), 5)
    assert scored.scores["bbox_ap"] == scored.scores["segm_ap"] == 0
    np.testing.assert_array_equal(scored.draws["bbox_ap"], 0)


def test_boxes_that_nobody_asked_for_do_not_stay(tmp_path: Path) -> None:
    path = annotations(tmp_path)
    scoring = CocoDetection(("segm",))
    written = scoring.keep({}, tmp_path / ".raw")
    write_results(tmp_path / ".raw", results(path))
    found = scoring.read(written)
    assert {each["metric"] for each in found} == {"segm"}
    assert not (tmp_path / ".raw.bbox.json").exists()


def test_strange_results_and_annotations_are_refused(tmp_path: Path) -> None:
    path = annotations(tmp_path)
    truth = BOTH.open(path)
    odd = {"metric": "bbox", "image_id": 1, "category_id": 7, "score": 1.0}
    with pytest.raises(DataError, match="category 7"):
        BOTH.score(truth, [{**odd, "bbox": [0, 0, 1, 1]}], range(1, 13), 2)
    content = json.loads(path.read_text())
    for change, named in (
        ({"category_id": 7}, "category 7"),
        ({"bbox": [1, 2]}, "box"),
        ({"image_id": 99}, "image 99"),
        ({"id": 0}, "annotation 0"),
    ):
        first = {**content["annotations"][0], **change}
        others = content["annotations"][1:]
        write_json(path, {**content, "annotations": [first, *others]})
        with pytest.raises(DataError, match=named):
            BOTH.open(path)
    write_json(path, {**content, "categories": []})
    with pytest.raises(DataError, match="categories"):
        BOTH.open(path)
    with pytest.raises(ConfigError, match="proposal"):
        scoring_of({"type": "mmdet.CocoMetric", "metric": "proposal"})


def test_a_stored_run_names_its_metrics() -> None:
    assert scoring_named(json.loads(json.dumps(BOTH.settings()))) == BOTH
