"""What tests of made data share: running code as on a plainer processor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

_ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def plain_digests() -> Callable[[str], dict[str, str]]:
    """Runs a program with the features on that change floating point, and off."""
    return _digests


def _digests(code: str) -> dict[str, str]:
    """What a program prints on this processor, and with its features switched off.

    Args:
        code: Python that prints one line.

    Returns:
        Output as it is, with numpy's SIMD code off, with OpenCV's, OpenBLAS's, the
        JPEG library's and the C library's, and with all of them off.
    """
    on = ",".join(name for name in __cpu_dispatch__ if __cpu_features__[name])
    numpy_off = {"NPY_DISABLE_CPU_FEATURES": on}
    opencv_off = {
        "MMSIA_PLAIN_OPENCV": "1",
        "OPENCV_IPP": "disabled",
        "OPENCV_CPU_DISABLE": "AVX512_SKX,AVX2,AVX,FP16,FMA3,SSE4.2,SSE4.1,SSSE3,SSE3",
    }
    others_off = {
        "OPENBLAS_CORETYPE": "Prescott",
        "JSIMD_FORCENONE": "1",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable",
    }
    kinds = {
        "as it is": {},
        "numpy": numpy_off,
        "opencv": opencv_off,
        "others": others_off,
        "all": {**numpy_off, **opencv_off, **others_off},
    }
    return {name: _run(code, extra) for name, extra in kinds.items()}


def _run(code: str, extra: dict[str, str]) -> str:
    switch = (
        "import os, cv2\n"
        "if os.environ.get('MMSIA_PLAIN_OPENCV'):\n"
        "    cv2.setUseOptimized(False)\n"
        "    assert not cv2.useOptimized()\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", switch + code],
        env={**os.environ, **extra, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()
