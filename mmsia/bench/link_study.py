"""How well CLPGM links the keypoints of objects whose shapes training had not.

Beside it: the same module that does not know the category; the links of the nearest
training object, keypoints matched by place and feature; and the category's table for
what the keypoints are by the nearest mean feature (its mean graph). Keypoints are as
annotated, or damaged as stated before anything was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from mmsia.bench.made_objects import (
    FEATURE_DIM,
    NAMES,
    MadeObject,
    draw_codes,
    make_object,
)
from mmsia.bench.stats import Term, interval, two_level_bootstrap
from mmsia.models.heads.clpgm import CLPGM, Nodes
from mmsia.models.heads.link_nodes import pad_nodes
from mmsia.ops.link_graphs import true_links

NEAREST, MEANS = "links of the nearest training object", "the category's mean graph"
METHODS = ("CLPGM", "CLPGM without the category", NEAREST, MEANS)
MOVED, LOST, ADDED = 0.03, 0.3, 0.34
"""Of the box's longer side; of the keypoints; of the keypoints, rounded."""
_BATCH, _RATE = 64, 2e-3
_TRAINED = (METHODS[0], METHODS[1])

Damage = Callable[[MadeObject, Sequence[np.ndarray], np.random.Generator], MadeObject]


@dataclass(frozen=True)
class LinkStudy:
    """How much is done.

    Attributes:
        noise: Of features; codes of parts have a deviation of 1.
        train: Objects to learn from.
        test: Objects to test on.
        steps: Of training, of 64 objects each.
        seeds: Trainings of each network.
        num_draws: Of the bootstrap.
    """

    noise: float = 0.5
    train: int = 4200
    test: int = 700
    steps: int = 1500
    seeds: int = 3
    num_draws: int = 2000


@dataclass(frozen=True)
class LinkQuality:
    """F1 of links, percent.

    Attributes:
        damage: Of the keypoints.
        method: Of `METHODS`.
        f1: Mean over the seeds.
        interval: 95 %, over objects and seeds.
        gain: CLPGM minus this method.
        gain_interval: 95 %.
    """

    damage: str
    method: str
    f1: float
    interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float]


def _as_it_is(
    made: MadeObject, codes: Sequence[np.ndarray], rng: np.random.Generator
) -> MadeObject:
    return made


def _move(
    made: MadeObject, codes: Sequence[np.ndarray], rng: np.random.Generator
) -> MadeObject:
    side = float((made.box[2:] - made.box[:2]).max())
    away = rng.normal(0, MOVED * side, made.points.shape)
    return replace(made, points=made.points + away)


def _lose(
    made: MadeObject, codes: Sequence[np.ndarray], rng: np.random.Generator
) -> MadeObject:
    return made.keep(rng.random(len(made.points)) >= LOST)


def _add(
    made: MadeObject, codes: Sequence[np.ndarray], rng: np.random.Generator
) -> MadeObject:
    """False keypoints anywhere in the box, with features of any category's parts."""
    number = round(ADDED * len(made.points))
    low, high = made.box[:2], made.box[2:]
    points = rng.uniform(low, high, (number, 2))
    every = np.concatenate(codes)
    features = every[rng.integers(len(every), size=number)]
    features = features + rng.normal(0, 0.5, features.shape)
    return MadeObject(
        made.label,
        np.concatenate([made.points, points]),
        np.concatenate([made.parts, np.full(number, -1)]),
        np.concatenate([made.features, features]),
        made.box,
    )


def _all_of_it(
    made: MadeObject, codes: Sequence[np.ndarray], rng: np.random.Generator
) -> MadeObject:
    for damage in (_move, _lose, _add):
        made = damage(made, codes, rng)
    return made


DAMAGES: dict[str, Damage] = {
    "annotated": _as_it_is,
    "moved by 3 % of the box": _move,
    "three of ten missing": _lose,
    "a third more, false": _add,
    "all of it": _all_of_it,
}
"""Name -> what happens to an object's keypoints."""


def study_links(
    study: LinkStudy = LinkStudy(),
    seed: int = 0,
    on_step: Callable[[str], None] = lambda what: None,
) -> list[LinkQuality]:
    """Train, and test all methods on the same objects.

    Args:
        study: How much is done.
        seed: Of objects and features; trainings have 0, 1, ... beside it.
        on_step: Told of what is done next.

    Returns:
        One for each damage and method.
    """
    rng = np.random.default_rng(seed)
    codes = draw_codes(rng)
    draw = partial(make_object, codes=codes, noise=study.noise, rng=rng)
    labels = np.arange(max(study.train, study.test)) % len(NAMES)
    # training meets keypoints that are missing, as a picture hides some
    training = [
        _some(draw(int(label), unseen=False), rng) for label in labels[: study.train]
    ]
    fresh = [draw(int(label), unseen=True) for label in labels[: study.test]]
    networks: dict[str, list[CLPGM]] = {name: [] for name in _TRAINED}
    for name in _TRAINED:
        for number in range(study.seeds):
            on_step(f"training {number + 1} of {study.seeds}: {name}")
            networks[name].append(
                train(training, study.steps, number, conditional=name == "CLPGM")
            )
    found = []
    for name, damage in DAMAGES.items():
        on_step(f"testing: {name}")
        damaged = [damage(made, codes, rng) for made in fresh]
        tables = {
            method: [_counts(predict(each, damaged), damaged) for each in trained]
            for method, trained in networks.items()
        }
        tables[NEAREST] = [_counts(copy_nearest(training, damaged), damaged)]
        tables[MEANS] = [_counts(name_by_means(training, damaged), damaged)]
        found += _qualities(name, tables, study.num_draws, seed)
    return found


def _some(made: MadeObject, rng: np.random.Generator) -> MadeObject:
    number = int(rng.integers(min(3, len(made.points)), len(made.points) + 1))
    return made.keep(rng.permutation(len(made.points))[:number])


def nodes_of(objects: Sequence[MadeObject]) -> tuple[Nodes, torch.Tensor]:
    """Nodes and true links of some objects.

    Args:
        objects: The objects.
    """
    nodes = pad_nodes(
        [torch.tensor(made.features, dtype=torch.float32) for made in objects],
        [torch.tensor(made.points, dtype=torch.float32) for made in objects],
        torch.tensor(np.stack([made.box for made in objects]), dtype=torch.float32),
        torch.tensor([made.label for made in objects]),
    )
    parts = np.full(nodes.mask.shape, -1)
    for row, made in enumerate(objects):
        parts[row, : len(made.parts)] = made.parts
    links = [made.links for made in objects]
    return nodes, torch.tensor(true_links(parts, nodes.mask.numpy(), links))


def train(
    objects: Sequence[MadeObject], steps: int, seed: int, *, conditional: bool
) -> CLPGM:
    """A network that has learned the links of some objects.

    Args:
        objects: To learn from.
        steps: Of 64 objects each.
        seed: Of weights, order and the noise of z.
        conditional: Whether it knows the category.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = CLPGM(len(NAMES), FEATURE_DIM, conditional=conditional)
        optimizer = torch.optim.Adam(module.parameters(), _RATE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, _RATE, total_steps=steps
        )
        rng = np.random.default_rng(seed)
        nodes, links = nodes_of(objects)
        for _ in range(steps):
            chosen = torch.from_numpy(rng.integers(len(objects), size=_BATCH))
            batch = Nodes(
                nodes.features[chosen],
                nodes.positions[chosen],
                nodes.labels[chosen],
                nodes.mask[chosen],
            )
            loss = torch.stack(list(module.loss(batch, links[chosen]).values())).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return module.eval()


@torch.no_grad()
def predict(module: CLPGM, objects: Sequence[MadeObject]) -> list[np.ndarray]:
    """(P, P) bool links of each object, above the diagonal.

    Args:
        module: Trained.
        objects: The objects.
    """
    found = module.predict(nodes_of(objects)[0]).numpy() >= module.threshold
    return [
        np.triu(each[: len(made.points), : len(made.points)], 1)
        for each, made in zip(found, objects, strict=True)
    ]


def copy_nearest(
    training: Sequence[MadeObject], objects: Sequence[MadeObject], most: int = 60
) -> list[np.ndarray]:
    """Links of the training object of the category whose keypoints match best.

    Args:
        training: To copy from; of each category the fullest are taken.
        objects: The objects.
        most: Of each category.
    """
    templates: dict[int, list[MadeObject]] = {}
    for made in sorted(training, key=lambda made: -len(made.points)):
        of_label = templates.setdefault(made.label, [])
        if len(of_label) < most:
            of_label.append(made)
    found = []
    for made in objects:
        best, least = np.full(len(made.points), -1), np.inf
        for template in templates.get(made.label, ()):
            cost = _cost(made, template)
            rows, columns = linear_sum_assignment(cost)
            mean = cost[rows, columns].mean() if len(rows) else np.inf
            if mean < least:
                best, least = np.full(len(made.points), -1), mean
                best[rows] = template.parts[columns]
        found.append(_table(best, made))
    return found


def _cost(made: MadeObject, template: MadeObject) -> np.ndarray:
    """(P, T) squared distances of places, in units of the box, and of features."""
    places, others = (
        (one.points - one.box[:2]) / (one.box[2:] - one.box[:2])
        for one in (made, template)
    )
    near = np.square(places[:, None] - others).sum(axis=-1)
    alike = np.square(made.features[:, None] - template.features).mean(axis=-1)
    return near + alike


def name_by_means(
    training: Sequence[MadeObject], objects: Sequence[MadeObject]
) -> list[np.ndarray]:
    """Links of the category's table, parts told by the nearest mean feature.

    Args:
        training: To take means over.
        objects: The objects.
    """
    means = {}
    for label in {made.label for made in training}:
        own = [made for made in training if made.label == label]
        parts = np.concatenate([made.parts for made in own])
        features = np.concatenate([made.features for made in own])
        means[label] = {
            int(part): features[parts == part].mean(axis=0) for part in np.unique(parts)
        }
    found = []
    for made in objects:
        numbers = np.array(list(means[made.label]))
        table = np.stack(list(means[made.label].values()))
        away = np.square(made.features[:, None] - table).sum(axis=-1)
        found.append(_table(numbers[away.argmin(axis=1)], made))
    return found


def _table(parts: np.ndarray, made: MadeObject) -> np.ndarray:
    """(P, P) bool links of the category's table, above the diagonal."""
    mask = np.ones((1, len(parts)), dtype=bool)
    links = true_links(parts[None], mask, [made.links])[0] > 0
    return np.triu(links, 1)


def _counts(found: Sequence[np.ndarray], objects: Sequence[MadeObject]) -> np.ndarray:
    """(M, 2) of each object: links that are right, and predicted plus true ones."""
    rows = []
    for links, made in zip(found, objects, strict=True):
        truth = _table(made.parts, made)
        rows.append([(links & truth).sum(), links.sum() + truth.sum()])
    return np.array(rows, dtype=np.float64)


def _f1(weights: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(B,) percent of (B, M) how often each object stands."""
    right, both = (weights @ counts).T
    return 200 * right / both


def _qualities(
    damage: str, tables: dict[str, list[np.ndarray]], num_draws: int, seed: int
) -> list[LinkQuality]:
    ones = np.ones((1, len(next(iter(tables.values()))[0])))
    found = []
    for method, counts in tables.items():
        own = [partial(_f1, counts=each) for each in counts]
        first = [partial(_f1, counts=each) for each in tables["CLPGM"]]
        value, best = (
            float(np.mean([score(ones)[0] for score in each])) for each in (own, first)
        )
        terms = [Term(first), Term(own, -1.0)]
        ranges = [
            interval(
                two_level_bootstrap(
                    each,
                    range(ones.shape[1]),
                    num_draws=num_draws,
                    rng=np.random.default_rng(seed),
                    paired_seeds=method == "CLPGM",
                )
            )
            for each in ([Term(own)], terms)
        ]
        found.append(
            LinkQuality(damage, method, value, ranges[0], best - value, ranges[1])
        )
    return found
