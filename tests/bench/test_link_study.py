"""Studies of links: damages, baselines and counts by hand, and a small run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmsia.bench.link_study import (
    DAMAGES,
    METHODS,
    LinkStudy,
    _counts,
    _f1,
    copy_nearest,
    name_by_means,
    nodes_of,
    study_links,
)
from mmsia.bench.made_objects import NAMES, MadeObject, draw_codes, make_object
from mmsia.datasets.simulated.objects_categories import (
    CATEGORIES,
    TRAINING_MODELS,
    cad_model,
)

CODES = draw_codes(np.random.default_rng(0))


def objects(num: int, noise: float = 0.3, unseen: bool = False) -> list[MadeObject]:
    rng = np.random.default_rng(1)
    return [
        make_object(i % len(NAMES), CODES, noise, rng, unseen=unseen)
        for i in range(num)
    ]


def test_an_object_lies_in_its_box() -> None:
    for made in objects(28, unseen=True):
        assert len(made.points) == len(CATEGORIES[NAMES[made.label]].keypoints)
        low, high = made.box[:2] - 1e-6, made.box[2:] + 1e-6
        assert ((made.points >= low) & (made.points <= high)).all()
        # seen along its length, a long object is short
        assert 30 < (made.box[2:] - made.box[:2]).max() < 200
        assert made.features.shape == (len(made.points), 16)


def test_test_objects_have_models_that_training_has_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def told(name: str, number: int):
        asked.append(number)
        return cad_model(name, number)

    monkeypatch.setattr("mmsia.bench.made_objects.cad_model", told)
    objects(100)
    assert max(asked) < TRAINING_MODELS
    asked.clear()
    objects(100, unseen=True)
    assert min(asked) >= TRAINING_MODELS


def test_damages() -> None:
    rng = np.random.default_rng(0)
    made = objects(300)
    damaged = {
        name: [damage(one, CODES, rng) for one in made]
        for name, damage in DAMAGES.items()
    }
    assert damaged["annotated"] == made
    sides = np.array([(one.box[2:] - one.box[:2]).max() for one in made])
    moves = [
        (b.points - a.points) / side
        for a, b, side in zip(
            made, damaged["moved by 3 % of the box"], sides, strict=True
        )
    ]
    assert np.concatenate(moves).std() == pytest.approx(0.03, rel=0.05)
    total = sum(len(one.parts) for one in made)
    left = sum(len(one.parts) for one in damaged["three of ten missing"])
    assert left / total == pytest.approx(0.7, abs=0.03)
    false = [one.parts[one.parts < 0] for one in damaged["a third more, false"]]
    assert sum(map(len, false)) / total == pytest.approx(1 / 3, abs=0.03)
    worst = damaged["all of it"]
    assert 0.2 < sum((one.parts < 0).sum() for one in worst) / total < 0.3


def test_true_links_are_those_of_the_category() -> None:
    made = objects(1)[0].keep(np.array([3, 0, 1]))
    _, links = nodes_of([made])
    pairs = {tuple(sorted(pair)) for pair in made.links}
    for a, part in enumerate(made.parts):
        for b, other in enumerate(made.parts):
            expected = a == b or tuple(sorted((part, other))) in pairs
            assert links[0, a, b] == expected


def test_f1_by_hand() -> None:
    """Of a chain of four parts, one link is missed and a wrong one is there."""
    chair = NAMES.index("chair")
    made = next(one for one in objects(14) if one.label == chair)
    found = copy_nearest([made], [made])
    counts = _counts(found, [made])
    assert counts.tolist() == [[len(made.links), 2 * len(made.links)]]
    assert _f1(np.ones((1, 1)), counts) == pytest.approx([100])
    wrong = found[0].copy()
    wrong[tuple(np.argwhere(wrong)[0])] = False
    counts = np.concatenate([counts, _counts([wrong], [made])])
    number = len(made.links)
    weights = np.array([[0, 1], [1, 1]])
    expected = [100 * 2 * (number - 1) / (2 * number - 1)]
    expected.append(100 * 2 * (2 * number - 1) / (4 * number - 1))
    assert _f1(weights, counts) == pytest.approx(expected)


def test_baselines_are_exact_where_nothing_is_in_doubt() -> None:
    training, fresh = objects(140, noise=0.05), objects(28, noise=0.05)
    for baseline in (copy_nearest, name_by_means):
        shuffled = [one.keep(np.arange(len(one.parts))[::-1]) for one in fresh]
        counts = _counts(baseline(training, shuffled), shuffled)
        assert _f1(np.ones((1, 28)), counts) == pytest.approx([100])
    nobody = replace(fresh[0]).keep(np.zeros(0, dtype=int))
    assert copy_nearest(training, [nobody])[0].shape == (0, 0)


def test_a_small_study_has_all_its_lines() -> None:
    study = LinkStudy(train=70, test=14, steps=20, seeds=2, num_draws=100)
    found = study_links(study)
    assert [(q.damage, q.method) for q in found] == [
        (damage, method) for damage in DAMAGES for method in METHODS
    ]
    for quality in found:
        low, high = quality.interval
        assert 0 <= quality.f1 <= 100
        assert low - 1e-6 <= quality.f1 <= high + 1e-6
        least, most = quality.gain_interval
        assert least - 1e-6 <= quality.gain <= most + 1e-6
    own = {q.method: q for q in found if q.damage == "annotated"}
    assert own["CLPGM"].gain == 0
    for method in METHODS[1:]:
        difference = own["CLPGM"].f1 - own[method].f1
        assert own[method].gain == pytest.approx(difference)
    assert [q.f1 for q in study_links(study)] == [q.f1 for q in found]
