"""What all tests share: thread counts, the GPU mark and the real samples."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before any test imports torch or numpy: small machines suffer from more.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# A script's background job ignores Ctrl-C, and so would the sessions that tests stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
    import torch

    if not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of real samples, from the environment variable MMSIA_SAMPLES."""
    value = os.environ.get("MMSIA_SAMPLES")
    if not value:
        pytest.skip("MMSIA_SAMPLES is not set: no real samples here")
    folder = Path(value)
    if not folder.is_dir():
        pytest.fail(f"MMSIA_SAMPLES names {folder}, which is not a folder")
    return folder


@pytest.fixture(autouse=True)
def _logger_as_before() -> Iterator[None]:
    """Undo what a test's call of `mmsia.cli.main.main` did to the logger."""
    logger = logging.getLogger("mmsia")
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)


@pytest.fixture(autouse=True)
def _no_closed_log_files() -> Iterator[None]:
    """Forget files that were closed behind mmengine's back, which it would write to.

    Ray configures Python's logging anew, and that closes every handler there is.
    """
    yield
    if "mmengine.logging.logger" not in sys.modules:
        return
    from mmengine.logging import MMLogger

    for logger in MMLogger._instance_dict.values():
        logger.handlers = [each for each in logger.handlers if not _is_closed(each)]


def _is_closed(handler: logging.Handler) -> bool:
    return isinstance(handler, logging.FileHandler) and handler.stream is None
