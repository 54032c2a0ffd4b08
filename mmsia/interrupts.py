"""Ctrl-C that is not lost.

Python drops the KeyboardInterrupt that a signal raises while a destructor or a weak
reference's callback runs ("Exception ignored in ..."). A session that waits for runs
would then wait on, so the signal is also noted, and whoever waits looks for the note.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_came = threading.Event()


@contextlib.contextmanager
def noting_interrupts() -> Iterator[None]:
    """Note Ctrl-C besides raising it, where Python would only raise it."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    _came.clear()
    signal.signal(signal.SIGINT, _note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _came.clear()


def check_interrupt() -> None:
    """Raise what was dropped.

    Raises:
        KeyboardInterrupt: If Ctrl-C came since the noting began.
    """
    if _came.is_set():
        raise KeyboardInterrupt


def _note(number: int, frame: FrameType | None) -> None:
    _came.set()
    raise KeyboardInterrupt
