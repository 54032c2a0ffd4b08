"""Mask AP as the engine has it: names, counts, draws, files, and no dependence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mmsia.bench.intervals import IMAGE_SEED
from mmsia.bench.scoring.coco_segm import CocoSegm
from mmsia.errors import DataError
from mmsia.evaluation.bootstrap import draw_weights, weighted_ap
from mmsia.evaluation.mask_matches import match_masks
from tests.evaluation.made_masks import noisy_results, write_truth


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return CocoSegm().open(write_truth(tmp_path_factory.mktemp("d"), 12))


def test_scores_draws_and_counts(truth):
    predictions, images = noisy_results(truth), list(truth.sizes)
    scored = CocoSegm().score(truth, predictions, images, 7)
    matches = match_masks(truth, predictions, images)
    sizes = ("", "50", "75", "_s", "_m", "_l")
    assert scored.scores == {
        f"segm_ap{size}": getattr(matches.scores, f"ap{size}") for size in sizes
    }
    weights = draw_weights(len(images), 7, IMAGE_SEED)
    areas = {"segm_ap": "all", "segm_ap_m": "medium", "segm_ap_l": "large"}
    assert set(scored.draws) == set(areas)
    for name, area in areas.items():
        expected = weighted_ap(matches, weights, area)
        np.testing.assert_array_equal(scored.draws[name], expected)
    crowds = sum(p["iscrowd"] for p in truth.dataset["annotations"])
    assert crowds and scored.counts == {
        "num_images": 12,
        "num_people": len(truth.dataset["annotations"]) - crowds,
        "num_masks": len(predictions),
    }


def test_what_is_kept_scores_the_same_in_any_order(truth, tmp_path):
    evaluator = {"type": "PersonSegmMetric", "ann_file": "x"}
    scoring = CocoSegm()
    (path,) = scoring.keep(evaluator, tmp_path / ".predictions")
    assert evaluator["format_only"] and evaluator["outfile_prefix"] in str(path)
    predictions = noisy_results(truth)
    mixed = np.random.default_rng(0).permutation(len(predictions))
    path.write_text(json.dumps([predictions[number] for number in mixed]))
    read = scoring.read([path])
    order = [(p["image_id"], -p["score"]) for p in read]
    assert order == sorted(order) and len(read) == len(predictions)
    stored = json.loads(json.dumps(read))
    images = list(truth.sizes)
    one, other = (scoring.score(truth, some, images, 3) for some in (read, stored))
    assert one.scores == other.scores
    np.testing.assert_array_equal(one.draws["segm_ap"], other.draws["segm_ap"])


def test_annotations_without_masks(tmp_path):
    path = tmp_path / "none.json"
    path.write_text("{}")
    with pytest.raises(DataError, match="not a COCO annotation file"):
        CocoSegm().open(path)
