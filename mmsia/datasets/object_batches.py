"""Batches that hold all samples of an image: what LIS needs to see together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mmengine.dist import get_world_size
from mmpose.registry import DATA_SAMPLERS

from mmsia.errors import ConfigError


@DATA_SAMPLERS.register_module()
class WholeImageBatchSampler:
    """Puts whole images into a batch until it has `batch_size` samples or more.

    For tests: `batch_sampler=dict(type="WholeImageBatchSampler")` of a data loader. The
    order is that of the data set, whose samples of one image follow one another.

    Args:
        sampler: The loader's; its data set counts.
        batch_size: Samples.

    Raises:
        ConfigError: Several processes, which would share images.
    """

    def __init__(self, sampler: Any, batch_size: int) -> None:
        if get_world_size() > 1:
            raise ConfigError(
                "WholeImageBatchSampler",
                expected="one process",
                got=f"{get_world_size()}",
                remedy="Test with one process; training does not need this sampler",
            )
        dataset = sampler.dataset
        images = [dataset.get_data_info(i)["img_id"] for i in range(len(dataset))]
        self._batches: list[list[int]] = []
        room = 0
        for _, group in groupby(range(len(images)), key=images.__getitem__):
            members = list(group)
            if room <= 0:
                self._batches.append([])
                room = batch_size
            self._batches[-1] += members
            room -= len(members)

    def __iter__(self) -> Iterator[list[int]]:
        """Numbers of samples, batch by batch."""
        return iter(self._batches)

    def __len__(self) -> int:
        """How many batches."""
        return len(self._batches)
