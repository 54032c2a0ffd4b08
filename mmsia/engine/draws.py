"""Training samples as a function of (seed, draw number), so that resuming is exact.

A draw is one sample of the whole training, counted over all processes. Its number
decides which image it is and how that is augmented: a training that goes on at draw n
sees what it would have seen without the break, with any number of workers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sized
from typing import Any

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from mmengine.registry import DATA_SAMPLERS, DATASETS
from torch.utils.data import Dataset, Sampler

from mmsia.datasets.transforms.randomness import seeded_generators
from mmsia.errors import ConfigError, InputError

_ORDER, _AUGMENTATION = 0, 1


class DrawIndex(int):
    """The index of a sample that knows which draw of which seed it is.

    Attributes:
        draw: Number of the draw in the training, over all processes.
        seed: Seed of the training.
    """

    draw: int
    seed: int

    def __new__(cls, index: int, draw: int, seed: int) -> DrawIndex:
        """Make the index of one draw."""
        self = super().__new__(cls, index)
        self.draw, self.seed = draw, seed
        return self

    def __getnewargs__(self) -> tuple[int, int, int]:
        """What pickle, which sends indices to workers, makes it from again."""
        return int(self), self.draw, self.seed


class _Draws(Sampler):
    """What both samplers share: the draw at a position of this process."""

    def __init__(
        self, dataset: Sized, shuffle: bool = True, seed: int | None = None
    ) -> None:
        if len(dataset) == 0:
            raise InputError("draws from a data set", expected="samples", got="none")
        self.rank, self.world_size = get_dist_info()
        self.size = self.period = len(dataset)
        self.shuffle = shuffle
        self.seed = sync_random_seed() if seed is None else seed
        self.first = self.start = 0
        self._order = (-1, np.arange(self.size))

    def _draw(self, position: int) -> DrawIndex:
        draw = self.first + position * self.world_size + self.rank
        number, place = divmod(draw, self.period)
        order = self._order_of(number)
        return DrawIndex(int(order[place % self.size]), draw, self.seed)

    def _order_of(self, number: int) -> np.ndarray:
        """Order of one pass over the samples, kept until the next is asked for."""
        if self.shuffle and self._order[0] != number:
            generator = np.random.default_rng([self.seed, _ORDER, number])
            self._order = (number, generator.permutation(self.size))
        return self._order[1]


@DATA_SAMPLERS.register_module()
class DrawSampler(_Draws):
    """Yields `DrawIndex` without end, for IterBasedTrainLoop.

    Every sample is drawn once before any is drawn again.

    Args:
        dataset: What is drawn from.
        shuffle: Whether each pass has an order of its own.
        seed: Seed of the training; a random one that all processes share if None.

    Raises:
        InputError: An empty data set.
    """

    def __iter__(self) -> Iterator[DrawIndex]:
        """Yield this process's draws from `start` on."""
        return map(self._draw, itertools.count(self.start))

    def __len__(self) -> int:
        """Number of samples."""
        return self.size

    def skip(self, num_samples: int) -> None:
        """Go on behind what this process has drawn already.

        Args:
            num_samples: Samples drawn by this process since the training began.
        """
        if num_samples < 0:
            raise InputError("samples to skip", expected="0 or more", got=num_samples)
        self.start = num_samples

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: draws are counted over the whole training."""


@DATA_SAMPLERS.register_module()
class EpochDrawSampler(_Draws):
    """Yields the draws of one epoch, for EpochBasedTrainLoop.

    A training goes on from a whole epoch.

    Args:
        dataset: What is drawn from.
        shuffle: Whether each epoch has an order of its own.
        seed: Seed of the training; a random one that all processes share if None.
        round_up: Where the samples do not divide evenly among the processes: whether
            the first ones of the epoch's order are drawn again, as MMEngine's
            DefaultSampler does, or the last ones are left out, which keeps the draws
            of one process.

    Raises:
        InputError: An empty data set.
    """

    def __init__(
        self,
        dataset: Sized,
        shuffle: bool = True,
        seed: int | None = None,
        round_up: bool = True,
    ) -> None:
        super().__init__(dataset, shuffle, seed)
        self.share = self.size // self.world_size
        if round_up:
            self.share = -(-self.size // self.world_size)
            self.period = self.share * self.world_size

    def __iter__(self) -> Iterator[DrawIndex]:
        """Yield this process's draws of the epoch."""
        return map(self._draw, range(self.share))

    def __len__(self) -> int:
        """Number of draws of this process in an epoch."""
        return self.share

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch.

        Args:
            epoch: Its number, from 0.
        """
        self.first = epoch * self.period


@DATASETS.register_module()
class DrawDataset(Dataset):
    """A data set whose augmentation is a function of the draw.

    Wraps any data set; needs a DrawSampler or an EpochDrawSampler.

    Args:
        dataset: The data set or its config.
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset

    @property
    def metainfo(self) -> dict[str, Any]:
        """That of the data set."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Let the data set read its annotations."""
        self.dataset.full_init()

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.dataset)

    def __getitem__(self, index: DrawIndex) -> Any:
        """Load and augment one draw; the global generators are as before afterwards.

        Args:
            index: What the sampler yields.

        Raises:
            ConfigError: A sampler that does not count its draws.
        """
        if not isinstance(index, DrawIndex):
            raise ConfigError(
                "DrawDataset needs to know the number of each draw",
                expected="sampler=dict(type='DrawSampler') or 'EpochDrawSampler'",
                got=f"an index of type {type(index).__name__}",
            )
        with seeded_generators(index.seed, _AUGMENTATION, index.draw):
            return self.dataset[int(index)]
