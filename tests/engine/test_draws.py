from __future__ import annotations

import itertools
import pickle
import random

import numpy as np
import pytest
import torch
from mmengine.registry import DATA_SAMPLERS, DATASETS
from torch.utils.data import DataLoader

from mmsia.engine import draws
from mmsia.engine.draws import DrawDataset, DrawIndex, DrawSampler, EpochDrawSampler
from mmsia.errors import ConfigError, InputError


class Noisy:
    """A data set whose samples draw from every global generator."""

    metainfo = {"name": "noisy"}
    read = False

    def __init__(self, size=5):
        self.size = size

    def full_init(self):
        self.read = True

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        assert type(index) is int
        return (
            index,
            random.random(),  # noqa: S311, what transforms of others draw from
            float(np.random.rand()),  # noqa: NPY002, as above
            float(torch.rand(())),
        )


def take(sampler, count):
    return list(itertools.islice(iter(sampler), count))


def samples(num_workers, start=0, count=12, seed=3):
    dataset = DrawDataset(Noisy())
    sampler = DrawSampler(dataset, seed=seed)
    sampler.skip(start)
    loader = DataLoader(
        dataset, batch_size=2, sampler=sampler, num_workers=num_workers, collate_fn=list
    )
    batches = itertools.islice(iter(loader), (count - start) // 2)
    return [sample for batch in batches for sample in batch]


def test_a_sample_depends_on_its_draw_alone():
    whole = samples(0)
    assert len(whole) == 12 and len(set(whole)) == 12
    assert samples(2) == whole
    assert samples(0, start=6) == samples(2, start=6) == whole[6:]
    assert samples(0, seed=4) != whole


def test_every_sample_is_drawn_once_a_pass_in_a_new_order():
    drawn = take(DrawSampler(range(50), seed=1), 100)
    first, second = drawn[:50], drawn[50:]
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert [index.draw for index in drawn] == list(range(100))
    plain = take(DrawSampler(range(3), shuffle=False, seed=1), 5)
    assert plain == [0, 1, 2, 0, 1]


@pytest.mark.parametrize("kind", [DrawSampler, EpochDrawSampler])
def test_processes_share_the_draws_of_one(kind, monkeypatch):

    def of(rank, world_size, count):
        monkeypatch.setattr(draws, "get_dist_info", lambda: (rank, world_size))
        return [(int(i), i.draw) for i in take(kind(range(7), seed=2), count)]

    shares = [of(0, 2, 4), of(1, 2, 4)]
    together = [pair for pairs in zip(*shares, strict=True) for pair in pairs]
    assert together[:7] == of(0, 1, 7)
    assert [draw for _, draw in together] == list(range(8))


def test_an_epoch_that_is_not_rounded_up_has_the_draws_of_one_process(monkeypatch):
    def of(rank, world_size, epoch):
        monkeypatch.setattr(draws, "get_dist_info", lambda: (rank, world_size))
        sampler = EpochDrawSampler(range(7), seed=2, round_up=False)
        sampler.set_epoch(epoch)
        assert len(sampler) == 7 // world_size
        return [(int(i), i.draw) for i in sampler]

    for epoch in (0, 1, 4):
        shares = [of(0, 2, epoch), of(1, 2, epoch)]
        together = [pair for pairs in zip(*shares, strict=True) for pair in pairs]
        assert together == of(0, 1, epoch)[:6]


def test_an_epoch_has_each_sample_and_draws_of_its_own(monkeypatch):
    monkeypatch.setattr(draws, "get_dist_info", lambda: (0, 1))
    sampler = EpochDrawSampler(range(5), seed=2)
    first = list(sampler)
    sampler.set_epoch(3)
    fourth = list(sampler)
    assert len(sampler) == 5 and sorted(first) == sorted(fourth) == list(range(5))
    assert [index.draw for index in fourth] == [15, 16, 17, 18, 19]
    assert first != fourth
    assert not hasattr(sampler, "skip"), "mmengine would skip whole epochs with it"


def test_the_index_keeps_its_draw_on_the_way_to_a_worker():
    index = pickle.loads(pickle.dumps(DrawIndex(3, draw=11, seed=5)))  # noqa: S301
    assert (int(index), index.draw, index.seed) == (3, 11, 5)


def test_drawing_leaves_the_global_generators_alone():
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002, what is left alone

    def draw():
        return random.random(), np.random.rand(), torch.rand(())  # noqa: S311, NPY002

    before = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    DrawDataset(Noisy())[DrawIndex(1, 9, 0)]
    after = draw()
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002
    torch.set_rng_state(before[2])
    assert draw() == after


def test_what_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="DrawSampler"):
        DrawDataset(Noisy())[3]
    with pytest.raises(InputError, match="expected samples"):
        DrawSampler(range(0), seed=1)
    with pytest.raises(InputError, match="0 or more"):
        DrawSampler(range(3), seed=1).skip(-1)


def test_configs_can_name_them():
    for name in ("DrawSampler", "EpochDrawSampler"):
        assert len(DATA_SAMPLERS.build({"type": name, "dataset": range(4), "seed": 1}))
    dataset = DATASETS.build({"type": "DrawDataset", "dataset": Noisy()})
    dataset.full_init()
    assert dataset.metainfo == {"name": "noisy"} and dataset.dataset.read
    assert len(dataset) == 5
