"""A network that computes as always and hands over what annotations say."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

from torch import nn

from mmsia.bench.speed.known_people import Answers


class Rehearsal:
    """A network whose parts answer from annotations, image by image.

    Args:
        answering: The parts that answer: the keys of `answers_to`.
        watched: The parts whose time is noted, as `network_parts` gives them.
        synchronize: Waits for the device.
    """

    def __init__(
        self,
        answering: Sequence[nn.Module],
        watched: Sequence[nn.Module] = (),
        synchronize: Callable[[], None] = lambda: None,
    ) -> None:
        self._synchronize = synchronize
        self.seconds: dict[nn.Module, float] = {}
        self._answers: dict[nn.Module, Any] = {}
        self._wrapped: list[nn.Module] = []
        for module in dict.fromkeys([*answering, *watched]):
            # Heads call each other's `forward`: a hook would not see it.
            module.forward = self._wrap(module, module.forward, module in watched)
            self._wrapped.append(module)

    def end(self) -> None:
        """Give the network its own parts back."""
        for module in self._wrapped:
            del module.forward
        self._wrapped.clear()

    def use(self, answers: Answers) -> None:
        """Choose the image that the network is asked about.

        Args:
            answers: As `answers_to` gives them.
        """
        self._answers = {module: cycle(said) for module, said in answers.items()}
        self.seconds = {}

    def _wrap(
        self, module: nn.Module, forward: Callable[..., Any], is_watched: bool
    ) -> Callable[..., Any]:
        def run(*inputs: Any, **named: Any) -> Any:
            if is_watched:
                self._synchronize()
                start = time.perf_counter()
                own = forward(*inputs, **named)
                self._synchronize()
                taken = time.perf_counter() - start
                self.seconds[module] = self.seconds.get(module, 0.0) + taken
            else:
                own = forward(*inputs, **named)
            said = self._answers.get(module)
            return own if said is None else next(said)(own)

        return run
