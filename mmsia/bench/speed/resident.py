"""Peak memory of a call in a process of its own, where no device counts it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path


def peak_megabytes(call: Callable[[], object]) -> float | None:
    """Most resident memory during a call above what the process held before it.

    Args:
        call: What is measured.

    Returns:
        MB of 2^20 bytes; None where the system does not tell.
    """
    try:
        Path("/proc/self/clear_refs").write_text("5")
        before = _status("VmRSS")
        call()
        return (_status("VmHWM") - before) / 1024
    except OSError:
        return None


def _status(key: str) -> float:
    """Kilobytes that the kernel counts for this process."""
    found = re.search(rf"{key}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise OSError(f"no {key}")
    return float(found[1])
