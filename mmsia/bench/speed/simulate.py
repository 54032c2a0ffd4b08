"""How many images of each family of made data two cores make in a second.

Timed is what `mmsia simulate` does for an image, from the seed to the bytes of its
files, in worker processes that are warm; starting them and writing to disk are left out
(a second, and about a millisecond an image). The processor's own time stands beside the
wall clock's: on a machine that others use, it is the one that can be compared.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from mmsia.datasets.simulated.families import load_family
from mmsia.datasets.simulated.presets import PeoplePreset, Preset
from mmsia.errors import InputError
from mmsia.workers import worker_pool

_CHUNK = 8


@dataclass(frozen=True)
class Rate:
    """What was measured.

    Attributes:
        family: Name of the family.
        situation: Size of the images and what is in them.
        images: How many were made.
        workers: Processes.
        seconds: Wall clock.
        processor_seconds: Time that the processors worked on it.
        megabytes: Size of all files.
    """

    family: str
    situation: str
    images: int
    workers: int
    seconds: float
    processor_seconds: float
    megabytes: float

    @property
    def per_second(self) -> float:
        """Images a second."""
        return self.images / self.seconds


def benchmark_simulated(
    families: Sequence[str], *, images: int, workers: int, seed: int = 0
) -> list[Rate]:
    """Time each family's mini preset; people are ten to an image.

    Args:
        families: Names.
        images: Images of each, rounded up so that all workers are as busy.
        workers: Processes.
        seed: Seed.

    Raises:
        InputError: If there is nothing to time.
    """
    if images < 1 or workers < 1 or not families:
        raise InputError(
            "a benchmark of simulated data",
            expected="at least one family, image and worker",
            got=f"{len(families)} families, {images} images, {workers} workers",
        )
    with worker_pool(workers) as pool:
        return [_time(pool, name, images, workers, seed) for name in families]


def _time(
    pool: ProcessPoolExecutor, name: str, images: int, workers: int, seed: int
) -> Rate:
    preset: Preset = load_family(name).presets["mini"]
    situation = ""
    if isinstance(preset, PeoplePreset):
        preset = replace(preset, people=(10, 10))
        situation = ", ten people"
    step = _CHUNK * workers
    count = (images + step - 1) // step * step
    # one chunk each, so that imports and tables are not timed
    list(pool.map(_make, [(name, preset, seed, 10**6 + k) for k in range(workers)]))
    jobs = [(name, preset, seed, first) for first in range(0, count, _CHUNK)]
    start = time.perf_counter()
    made = list(pool.map(_make, jobs))
    seconds = time.perf_counter() - start
    return Rate(
        name,
        f"{_size(preset)}{situation}",
        count,
        workers,
        seconds,
        sum(processor for processor, _ in made),
        sum(size for _, size in made) / 1e6,
    )


def _make(job: tuple[str, Preset, int, int]) -> tuple[float, int]:
    """The processor's seconds for a chunk, and the bytes of its files."""
    name, preset, seed, first = job
    encode = load_family(name).encode
    start = time.process_time()
    made = [encode(seed, first + k, preset) for k in range(_CHUNK)]
    size = sum(len(data) for encoded in made for data in encoded.files.values())
    return time.process_time() - start, size


def _size(preset: Any) -> str:
    size = preset.size
    width, height = (size, size) if isinstance(size, int) else size
    return f"{width} x {height}"
