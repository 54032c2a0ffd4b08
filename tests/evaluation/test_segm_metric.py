"""PersonSegmMetric: masks go in, scores come out, files hold what was scored."""

from __future__ import annotations

import json

import numpy as np
import pytest
from mmpose.registry import METRICS

import mmsia.all  # noqa: F401, registers the parts
from mmsia.datasets.coco_masks import load_coco_masks
from mmsia.errors import ConfigError
from mmsia.evaluation.mask_matches import match_masks
from tests.evaluation.made_masks import mask_of, write_truth


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return load_coco_masks(write_truth(tmp_path_factory.mktemp("d"), 6))


def samples_of(truth, cut=0):
    """The truth as an estimator would give it, some rows of each mask missing."""
    samples = []
    for image_id, size in truth.sizes.items():
        masks = [
            mask_of(person, size) > 0
            for person in truth.dataset["annotations"]
            if person["image_id"] == image_id and not person["iscrowd"]
        ]
        masks = np.array(masks).reshape(-1, *size)
        masks[:, ::3] &= not cut
        scores = np.linspace(0.9, 0.1, len(masks), dtype=np.float32)
        found = dict(masks=masks, bbox_scores=scores)
        samples.append(dict(img_id=image_id, pred_instances=found))
    return samples


def scores_of(samples, **options):
    metric = METRICS.build(dict(type="PersonSegmMetric", **options))
    for sample in samples:
        metric.process(None, [sample])
    return metric.evaluate(len(samples))


def test_the_truth_scores_one_and_parts_less(truth, tmp_path):
    ann_file = str(truth.path)
    scores = scores_of(samples_of(truth), ann_file=ann_file)
    assert scores["segm/AP"] == pytest.approx(1) and scores["segm/AR"] == pytest.approx(
        1
    )
    prefix = str(tmp_path / "kept")
    part = scores_of(samples_of(truth, cut=1), ann_file=ann_file, outfile_prefix=prefix)
    assert 0 < part["segm/AP"] < 0.8
    written = json.loads((tmp_path / "kept.segm.json").read_text())
    again = match_masks(truth, written).scores
    assert part["segm/AP"] == again.ap / 100
    assert part["segm/AP (L)"] == again.ap_l / 100


def test_only_images_that_were_looked_at_count(truth):
    first = samples_of(truth)[:1]
    assert scores_of(first, ann_file=str(truth.path))["segm/AP"] == pytest.approx(1)
    first[0]["pred_instances"] = dict(
        masks=np.zeros((0, 4, 4), dtype=bool), bbox_scores=np.zeros(0)
    )
    assert scores_of(first, ann_file=str(truth.path))["segm/AP"] == 0


def test_only_written(truth, tmp_path):
    options = dict(format_only=True, outfile_prefix=str(tmp_path / "only"))
    assert scores_of(samples_of(truth), **options) == {}
    written = json.loads((tmp_path / "only.segm.json").read_text())
    assert len(written) == sum(truth.num_people.values())
    assert set(written[0]) == {"image_id", "category_id", "segmentation", "score"}


@pytest.mark.parametrize("options", [{}, {"format_only": True, "ann_file": "a.json"}])
def test_neither_annotations_nor_a_file(options):
    with pytest.raises(ConfigError, match="ann_file, or outfile_prefix"):
        METRICS.build(dict(type="PersonSegmMetric", **options))
