"""Where transforms get their randomness from."""

from __future__ import annotations

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
