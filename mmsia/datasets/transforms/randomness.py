"""Where transforms and networks get their randomness from.

MMPose's own transforms draw from the global generators of Python, numpy and torch. A
training that can be resumed to the bit sets all three from what is drawn, not from
what was drawn before: nothing has to be stored, and workers do not matter.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def get_generator(results: dict[str, Any]) -> np.random.Generator:
    """Return the generator that a transform draws from.

    Args:
        results: Of the pipeline; a generator under `rng` is used if there is one.

    Returns:
        That one, or one seeded by torch's generator, which mmengine seeds in the main
        process and in every worker.
    """
    generator = results.get("rng")
    if generator is not None:
        return generator
    return np.random.default_rng(int(torch.randint(2**63 - 1, ()).item()))


def seed_generators(*words: int, every_device: bool = False) -> None:
    """Seed the global generators of Python, numpy and torch.

    Args:
        *words: What the seeds derive from, 0 or more each.
        every_device: Whether torch's generators of GPUs are seeded as well.
    """
    state = np.random.SeedSequence(words).generate_state(8)
    random.seed(state[:2].tobytes())
    # MMPose's transforms draw from numpy's old global generator.
    np.random.seed(state[2:6])  # noqa: NPY002
    seed = int(state[6]) << 32 | int(state[7])
    if every_device:
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


@contextmanager
def seeded_generators(*words: int) -> Iterator[None]:
    """Seed the global generators for a while; afterwards they are as before.

    Args:
        *words: See `seed_generators`.
    """
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    seed_generators(*words)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        torch.set_rng_state(before[2])
