"""A Ctrl-C that Python drops is noticed by whoever waits."""

from __future__ import annotations

import signal

import pytest

from mmsia.interrupts import check_interrupt, noting_interrupts


class _Dropping:
    """Its destructor swallows what a signal raises."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_dropped_interrupt_is_raised_when_somebody_looks() -> None:
    with noting_interrupts():
        check_interrupt()
        thing = _Dropping()
        del thing
        with pytest.raises(KeyboardInterrupt):
            check_interrupt()
    check_interrupt()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_is_raised_at_once() -> None:
    with noting_interrupts(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_another_handler_is_left_alone() -> None:
    came = []
    before = signal.signal(signal.SIGINT, lambda *about: came.append(about))
    try:
        with noting_interrupts():
            signal.raise_signal(signal.SIGINT)
            check_interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(came) == 1
