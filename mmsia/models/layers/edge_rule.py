"""Which implementation of an edge-aware graph convolution is the faster one.

Measured on one thread of a CPU with AVX-512 (torch 2.14, processor time, the hand tree)
for kernels of 1 to 45, maps of 8 to 128 cells, 1 and 10 heads, 1 and 8 images, shared
kernels or not. Direct over spectral time:

    training       k = 9 and maps of 16 cells on: 1.6 to 100; k = 3 down to 0.3
    forward only   k = 15 and maps of 16 cells on: 2.6 to 75; k = 13: 0.4 to 1.6

Forward alone, oneDNN has fast kernels of its own up to k = 13; its gradient of the
kernels has not. `mmsia benchmark edge-graph-conv --grid` measures it again anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

LEAST_CELLS = 16
LEAST_TAPS = {"learned": 9, "fixed": 15, "elsewhere": 31}


def choose_implementation(
    device_type: str, taps: Sequence[int], map_size: Sequence[int], *, learned: bool
) -> str:
    """Name the faster implementation, "direct" or "spectral".

    Args:
        device_type: As torch names it. On "meta" it is "direct", whose multiply-adds
            counters know. Devices that were not measured take "spectral" where the
            direct form has ten times its arithmetic or more.
        taps: (h, w) taps of a kernel that are used.
        map_size: (h, w) cells.
        learned: Whether the kernels' gradient is wanted.
    """
    if device_type == "meta":
        return "direct"
    which = ("learned" if learned else "fixed") if device_type == "cpu" else "elsewhere"
    enough = min(taps) >= LEAST_TAPS[which] and min(map_size) >= LEAST_CELLS
    return "spectral" if enough else "direct"
