"""COCO mask AP: two libraries agree, extremes come out, and the bootstrap is exact."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmsia.codecs.person_outlines import encode_outlines
from mmsia.datasets.coco_masks import CocoMasks, load_coco_masks
from mmsia.datasets.simulated.people import write_people
from mmsia.errors import DataError, InputError
from mmsia.evaluation.bootstrap import draw_weights, weighted_ap
from mmsia.evaluation.mask_matches import match_masks, results_of
from mmsia.ops.roi_masks import draw_roi_masks, paste_roi_masks
from tests.evaluation.made_masks import noisy_results, true_results, write_truth

AREAS = {"all": "ap", "small": "ap_s", "medium": "ap_m", "large": "ap_l"}


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> CocoMasks:
    return load_coco_masks(write_truth(tmp_path_factory.mktemp("d"), 25))


def stats_of(library: str, path: Path, predictions: list[dict]) -> np.ndarray:
    with contextlib.redirect_stdout(io.StringIO()):
        if library == "faster":
            from faster_coco_eval import COCO as FASTER
            from faster_coco_eval import COCOeval_faster

            index = FASTER(str(path))
            found = index.loadRes([dict(p) for p in predictions])
            run = COCOeval_faster(index, found, "segm")
        else:
            index = COCO(str(path))
            run = COCOeval(index, index.loadRes([dict(p) for p in predictions]), "segm")
        run.params.catIds = [1]
        run.evaluate()
        run.accumulate()
        run.summarize()
    return np.asarray(run.stats[:12])


@pytest.mark.parametrize("library", ["pycocotools", "faster"])
def test_scores_are_those_of_the_libraries(truth: CocoMasks, library: str) -> None:
    predictions = noisy_results(truth)
    scores = list(match_masks(truth, predictions).scores.as_dict().values())
    assert 10 < scores[0] < 90 and len(set(scores)) == 12
    theirs = 100 * stats_of(library, truth.path, predictions)
    np.testing.assert_allclose(scores, theirs, rtol=0, atol=1e-9)


def test_instances_and_keypoints_files_of_real_people_agree(samples: Path) -> None:
    predictions = []
    for kind in ("instances", "person_keypoints"):
        path = samples / f"coco_mini/annotations/{kind}_val2017.json"
        truth = load_coco_masks(path)
        predictions = predictions or noisy_results(truth)
        scores = match_masks(truth, predictions).scores
        theirs = 100 * stats_of("pycocotools", path, predictions)
        np.testing.assert_allclose(list(scores.as_dict().values()), theirs, atol=1e-9)
        assert scores.ap > 10


def test_the_truth_scores_a_hundred(truth: CocoMasks, samples: Path) -> None:
    mini = samples / "coco_mini/annotations"
    real = [load_coco_masks(mini / f"instances_{s}2017.json") for s in ("val", "train")]
    for each in (truth, *real):
        scores = match_masks(each, true_results(each)).scores
        for name in AREAS.values():
            assert getattr(scores, name) == pytest.approx(100)
    assert match_masks(truth, []).scores.ap == 0


def results_through_maps(truth: CocoMasks, side: int) -> list[dict]:
    """Everybody, in the cells of the own box and back."""
    found = []
    for person in truth.dataset["annotations"]:
        if not person["iscrowd"]:
            x, y, w, h = person["bbox"]
            box = np.array([[x, y, x + w, y + h]])
            one = np.ones(1, dtype=bool)
            outlines = encode_outlines(box, one, [person], np.eye(2, 3))
            maps = draw_roi_masks(
                torch.tensor(outlines),
                torch.tensor(box, dtype=torch.float32),
                (side,) * 2,
            )
            image_id = person["image_id"]
            size = truth.sizes[image_id][::-1]
            found += results_of(image_id, paste_roi_masks(maps.numpy(), box, size), [1])
    return found


def test_maps_of_true_boxes_lose_little(samples: Path, tmp_path: Path) -> None:
    """Targets drawn and pasted again, on real and on simulated people."""
    mini = samples / "coco_mini/annotations/instances_train2017.json"
    write_people(tmp_path, 3, 3, preset="smoke", split="val2017")
    made = tmp_path / "annotations/instances_val2017.json"
    for path, sides in ((mini, {24: 88, 48: 97, 64: 98}), (made, {96: 97})):
        truth = load_coco_masks(path)
        for side, least in sides.items():
            scores = match_masks(truth, results_through_maps(truth, side)).scores
            assert scores.ap > least and scores.ap75 == pytest.approx(100)


def test_a_score_by_hand(tmp_path: Path) -> None:
    """Ten of twenty columns found: an overlap of a half, which counts once in ten."""
    square = [[10, 10, 30, 10, 30, 50, 10, 50]]
    person = dict(id=1, image_id=5, category_id=1, area=800, segmentation=square)
    other = dict(person, id=2, category_id=3)
    image = dict(id=5, width=60, height=60)
    path = tmp_path / "one.json"
    parts = dict(images=[image], annotations=[person, other], categories=[])
    path.write_text(json.dumps(parts))
    truth = load_coco_masks(path)
    assert truth.num_people == {5: 1} and truth.sizes == {5: [60, 60]}
    mask = np.zeros((1, 60, 60), dtype=bool)
    mask[0, 10:50, 10:20] = True
    scores = match_masks(truth, results_of(5, mask, [0.3])).scores
    assert scores.ap == pytest.approx(10) and scores.ap50 == pytest.approx(100)
    assert scores.ap75 == 0 and scores.ap_s == pytest.approx(10)
    assert scores.ap_m == scores.ap_l == -1


def test_weights_are_how_often_an_image_stands(
    truth: CocoMasks, tmp_path: Path
) -> None:
    # without ties: among them, the order of images decides
    predictions = noisy_results(truth, decimals=9)
    matches = match_masks(truth, predictions)
    ones = np.ones(len(matches.image_ids))
    for area, name in AREAS.items():
        wanted = getattr(matches.scores, name)
        assert weighted_ap(matches, ones, area)[0] == pytest.approx(wanted, abs=1e-9)
    weights = draw_weights(len(matches.image_ids), 2, seed=1)
    for row, drawn in zip(weights, weighted_ap(matches, weights), strict=True):
        copies = duplicated(truth, predictions, row, tmp_path)
        assert drawn == pytest.approx(match_masks(*copies).scores.ap, abs=1e-9)


def duplicated(truth, predictions, weights, folder):
    """The data set in which each image really stands as often as it was drawn."""
    parts = {"images": [], "annotations": []}
    results = []
    for image, weight in zip(truth.dataset["images"], weights, strict=True):
        for _ in range(weight):
            new = {"image_id": len(parts["images"]) + 1}
            parts["images"].append({**image, "id": new["image_id"]})
            for person in truth.dataset["annotations"]:
                if person["image_id"] == image["id"]:
                    new["id"] = len(parts["annotations"]) + 1
                    parts["annotations"].append({**person, **new})
            results += [
                {**p, "image_id": new["image_id"]}
                for p in predictions
                if p["image_id"] == image["id"]
            ]
    path = folder / "duplicated.json"
    path.write_text(json.dumps({**truth.dataset, **parts}))
    return load_coco_masks(path), results


def test_what_cannot_be_scored(truth: CocoMasks) -> None:
    good = true_results(truth)[0]
    bad = {
        "an image": {"image_id": 999},
        "category": {"category_id": 2},
        "mask of": {"segmentation": {"size": [9, 9], "counts": "oo"}},
        "counts list": {"segmentation": {**good["segmentation"], "counts": [1]}},
        "counts NoneType": {"segmentation": [[1, 2, 3, 4, 5, 6]]},
        "score of": {"score": float("nan")},
    }
    for words, change in bad.items():
        with pytest.raises(DataError, match=words):
            match_masks(truth, [good, {**good, **change}])
    with pytest.raises(InputError, match="unknown ids"):
        match_masks(truth, [good], [999])
    assert results_of(1, np.zeros((0, 4, 4), dtype=bool), []) == []
