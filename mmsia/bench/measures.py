"""The measurements by the names that table scripts use."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from mmsia.bench.measurement import Measurement, Request


@dataclass(frozen=True)
class Measure:
    """A measurement by name, so that planning imports nothing of it.

    Attributes:
        module: Dotted name of its module.
        function: Name of the function in it.
        sources: Further modules whose source its numbers depend on.
        distributed: Whether several processes can make it together.
        threads_matter: Whether its numbers depend on the threads of its process.
        alone: Whether other runs beside it would change its numbers.
    """

    module: str
    function: str
    sources: tuple[str, ...] = ()
    distributed: bool = False
    threads_matter: bool = False
    alone: bool = False

    @property
    def all_sources(self) -> tuple[str, ...]:
        """Every module whose source is part of a run's key."""
        return (self.module, *self.sources)

    def load(self) -> Callable[[Request], Measurement]:
        """Import the function."""
        return getattr(importlib.import_module(self.module), self.function)


NETWORK = (
    *("mmsia.codecs", "mmsia.models", "mmsia.datasets", "mmsia.engine"),
    "mmsia.evaluation",
)
"""What the numbers of a trained network depend on beside the measurement."""

MEASURES = {
    "upper-bound": Measure(
        "mmsia.bench.upper_bound", "measure_upper_bound", ("mmsia.codecs",)
    ),
    "laboratory": Measure(
        "mmsia.bench.laboratory_run", "measure_laboratory", ("mmsia.codecs",)
    ),
    "structure": Measure(
        "mmsia.bench.structure", "measure_structure", ("mmsia.models",)
    ),
    "efficiency": Measure(
        "mmsia.bench.efficiency",
        "measure_efficiency",
        NETWORK,
        threads_matter=True,
        alone=True,
    ),
    "training": Measure(
        "mmsia.bench.network_runs",
        "measure_training",
        NETWORK,
        distributed=True,
        threads_matter=True,
    ),
    "inference": Measure(
        "mmsia.bench.network_runs", "measure_inference", NETWORK, threads_matter=True
    ),
}
"""Name in a table script -> measurement."""
