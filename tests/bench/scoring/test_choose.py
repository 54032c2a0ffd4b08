"""Configs and stored runs lead to the way of scoring that they mean."""

from __future__ import annotations

import pytest

from mmsia.bench.scoring.choose import scoring_named, scoring_of
from mmsia.bench.scoring.coco_ap import CocoAP
from mmsia.bench.scoring.coco_segm import CocoSegm
from mmsia.bench.scoring.crop_side_pck import CropSide
from mmsia.errors import ConfigError, DataError


def test_the_first_known_evaluator_decides() -> None:
    other, coco = {"type": "EPE"}, {"type": "CocoMetric"}
    scoring, evaluator = scoring_of([other, coco])
    assert isinstance(scoring, CocoAP) and evaluator is coco
    scoring, _ = scoring_of({"type": "CropSidePCK", "thresholds": [0.05]})
    assert scoring == CropSide((0.05,))
    scoring, _ = scoring_of({"type": "PersonSegmMetric"})
    assert isinstance(scoring, CocoSegm)


@pytest.mark.parametrize("evaluators", [None, {"type": "EPE"}, []])
def test_without_a_known_one_there_is_no_score(evaluators) -> None:
    with pytest.raises(ConfigError, match="one of CocoMetric, CropSidePCK"):
        scoring_of(evaluators)


def test_runs_of_before_there_was_a_choice_are_cocos() -> None:
    assert isinstance(scoring_named(None), CocoAP)
    assert isinstance(scoring_named(CocoAP().settings()), CocoAP)
    assert isinstance(scoring_named(CocoSegm().settings()), CocoSegm)
    with pytest.raises(DataError, match="'guess'"):
        scoring_named({"name": "guess"})
