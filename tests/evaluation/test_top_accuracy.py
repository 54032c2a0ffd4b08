"""Top-1 and top-5 accuracy by hand."""

from __future__ import annotations

import pytest
import torch

from mmsia.evaluation.top_accuracy import TopAccuracy


def score(rows, labels, **options):
    metric = TopAccuracy(**options)
    samples = [
        dict(pred_score=torch.tensor(row), gt_label=label)
        for row, label in zip(rows, labels, strict=True)
    ]
    metric.process(None, samples)
    return metric.evaluate(len(samples))


def test_by_hand():
    rows = [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]
    found = score(rows, [0, 1, 0, 0], topk=(1, 2, 5))
    # ranks 0, 1, 2, 0
    assert found == {
        "accuracy/top1": pytest.approx(2 / 4),
        "accuracy/top2": pytest.approx(3 / 4),
        "accuracy/top5": 1.0,
    }


def test_equal_scores_are_no_hit():
    assert score([[0.25] * 4], [0])["accuracy/top1"] == 0
    assert score([[0.25] * 4], [0])["accuracy/top5"] == 1
