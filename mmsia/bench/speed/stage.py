"""A row's network with the images that it is timed on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from mmsia.bench.speed.answers import answers_to, network_parts
from mmsia.bench.speed.device import GPU
from mmsia.bench.speed.entrants import Entrant
from mmsia.bench.speed.rehearsal import Rehearsal


@dataclass(frozen=True)
class Split:
    """Where the time of one image went, seconds.

    Attributes:
        network: In the network's parts.
        prepared: Onto the device and normalised.
        after: In what is left: from the network's maps to people in the image.
    """

    network: float
    prepared: float
    after: float


class Stage:
    """A network that predicts images whose people it is told.

    Args:
        entrant: The row.
    """

    def __init__(self, entrant: Entrant) -> None:
        from mmengine.dataset import pseudo_collate

        self.name, self._kind = entrant.name, entrant.kind
        self.model = entrant.network(training=False)
        self._dataset = entrant.dataset("test")
        items = [self._dataset[i] for i in range(len(self._dataset))]
        self._batches = [pseudo_collate([item]) for item in items]
        self.answers = [
            found
            for item in items
            if (found := answers_to(self.model, item["data_samples"], item["inputs"]))
        ]
        self._answering = list(self.answers[0]) if self.answers else []
        self._rehearsal = Rehearsal(self._answering)
        self.splits: list[Split] = []
        self.fewest_people: int | None = None

    def calls(self, *, half: bool = False) -> list[Callable[[], object]]:
        """One call for each image.

        Args:
            half: Whether in half precision.
        """
        return [partial(self._predict, i, half) for i in range(len(self._batches))]

    def fixed_calls(self) -> list[Callable[[], object]]:
        """As many calls, of the first image: a video's are all of one size."""
        return [partial(self._predict_tuned, 0) for _ in self._batches]

    def noting_calls(self, synchronize: Callable[[], None]) -> list[Callable[[], None]]:
        """One call for each image, which notes where the time goes; no others then.

        Args:
            synchronize: Waits for the device.
        """
        self._rehearsal.end()
        parts = [*network_parts(self.model), self.model.data_preprocessor]
        self._rehearsal = Rehearsal(self._answering, parts, synchronize)
        numbers = range(len(self._batches))
        return [partial(self._note, i, synchronize) for i in numbers]

    def loads(self) -> list[Callable[[], object]]:
        """One call for each image: from its file to the network's input."""
        return [
            partial(self._dataset.__getitem__, i) for i in range(len(self._batches))
        ]

    def _predict(self, number: int, half: bool) -> Any:
        self._rehearsal.use(self.answers[number] if self.answers else {})
        enabled = half and self._kind == GPU
        with torch.no_grad(), torch.autocast(self._kind, torch.half, enabled=enabled):
            return self.model.test_step(self._batches[number])

    def _predict_tuned(self, number: int) -> Any:
        """Let cuDNN look for its fastest way, which costs time at every new size."""
        before = torch.backends.cudnn.benchmark
        torch.backends.cudnn.benchmark = True
        try:
            return self._predict(number, half=False)
        finally:
            torch.backends.cudnn.benchmark = before

    def _note(self, number: int, synchronize: Callable[[], None]) -> None:
        start = time.perf_counter()
        found = self._predict(number, half=False)
        synchronize()
        total = time.perf_counter() - start
        taken = self._rehearsal.seconds
        prepared = taken.pop(self.model.data_preprocessor, 0.0)
        network = sum(taken.values())
        self.splits.append(Split(network, prepared, total - network - prepared))
        people = min(len(sample.pred_instances.bbox_scores) for sample in found)
        fewest = self.fewest_people
        self.fewest_people = people if fewest is None else min(fewest, people)
