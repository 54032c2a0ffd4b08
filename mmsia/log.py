"""The one logger of mmsia: `get_logger()` everywhere, `set_up_logging` in the CLI."""

from __future__ import annotations

import logging
import os
import sys

_NAME = "mmsia"


def get_logger(part: str | None = None) -> logging.Logger:
    """Return mmsia's logger, or the child of it that belongs to a part.

    Args:
        part: Dotted name below `mmsia`, such as `bench.run`; a module's `__name__`
            is taken as it is.
    """
    if part is None or part == _NAME:
        return logging.getLogger(_NAME)
    return logging.getLogger(
        part if part.startswith(f"{_NAME}.") else f"{_NAME}.{part}"
    )


def set_up_logging(
    level: int | str = logging.INFO,
    *,
    log_file: str | os.PathLike[str] | None = None,
) -> logging.Logger:
    """Send mmsia's messages to stderr and, if named, to a file as well.

    Calling it again replaces the earlier set-up, so that no line comes twice.

    Args:
        level: Lowest level that is shown, a `logging` number or name.
        log_file: File that the same lines are appended to.
    """
    logger = logging.getLogger(_NAME)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if log_file is not None:
        handlers.append(logging.FileHandler(log_file, encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
    logger.setLevel(level)
    # mmengine configures the root logger: without this, lines would come twice.
    logger.propagate = False
    return logger
