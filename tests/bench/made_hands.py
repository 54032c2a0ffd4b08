"""Stored predictions of two hands, made without a network."""

from __future__ import annotations

from typing import Any

import numpy as np


def hand_predictions(
    ids: list[int], rng: np.random.Generator, noise: dict[str, float]
) -> list[dict[str, Any]]:
    """Hands near the mean pose, looking at the camera.

    Args:
        ids: Numbers of the crops.
        rng: Of the noise.
        noise: Estimate -> spread of its pose numbers.
    """
    start = np.zeros((2, 64))
    start[:, :6] = [1, 0, 0, 0, 1, 0]
    return [
        {
            "id": number,
            "root": "wrist",
            "estimates": {
                name: {
                    "parameters": (start + spread * rng.normal(size=(2, 64))).tolist(),
                    "roots": [[0, 0, 0], [0.1, 0, 0]],
                }
                for name, spread in noise.items()
            },
        }
        for number in ids
    ]
