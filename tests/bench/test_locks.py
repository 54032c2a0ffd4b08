"""Locks: taken once, given back, and recognised as stale on their own host alone."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mmsia.bench import locks
from mmsia.bench.processes import process_start, stop_group


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "key"


def _write(folder: Path, **changes: object) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": "2026-01-01T00:00:00+00:00",
        "ticks": process_start(os.getpid()),
    }
    folder.mkdir(parents=True)
    (folder / locks.LOCK).write_text(json.dumps({**holder, **changes}))


def test_it_names_its_holder_and_is_given_back(folder: Path) -> None:
    assert locks.acquire(folder) is None
    holder = locks.read_holder(folder / locks.LOCK)
    assert (holder.pid, holder.host) == (os.getpid(), socket.gethostname())
    assert not holder.gone
    locks.release(folder)
    assert not (folder / locks.LOCK).exists()


def test_a_living_holder_is_respected(folder: Path) -> None:
    parent = os.getppid()
    _write(folder, pid=parent, ticks=process_start(parent))
    assert locks.acquire(folder).pid == parent
    locks.release(folder)
    assert (folder / locks.LOCK).exists()


def test_a_dead_holder_is_not(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    ticks = process_start(process.pid)
    # A zombie is dead, too: nobody has asked for its end yet.
    _write(folder, pid=process.pid, ticks=ticks or "0")
    process.wait()
    with caplog.at_level(logging.WARNING, "mmsia"):
        assert locks.acquire(folder) is None
    assert f"stale lock of process {process.pid}" in caplog.text


def test_another_host_cannot_be_judged(folder: Path) -> None:
    _write(folder, pid=1 << 30, host="another-host")
    assert locks.acquire(folder).elsewhere


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]"])
def test_a_damaged_lock_does_not_hold(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / locks.LOCK).write_text(text)
    assert locks.acquire(folder) is None


def _race(folder: Path, start, queue) -> None:
    start.wait()
    queue.put(locks.acquire(folder) is None)
    # It must still live when the others look.
    start.wait()


def test_of_many_that_find_a_stale_lock_one_wins(folder: Path) -> None:
    _write(folder, pid=1 << 30)
    context = multiprocessing.get_context("fork")
    start, queue = context.Barrier(5), context.Queue()
    racers = [
        context.Process(target=_race, args=(folder, start, queue)) for _ in range(4)
    ]
    for racer in racers:
        racer.start()
    start.wait()
    won = [queue.get(timeout=10) for _ in racers]
    start.wait()
    for racer in racers:
        racer.join()
    assert sorted(won) == [False, False, False, True]


def test_a_group_that_ignores_the_request_is_killed() -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('ready', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout.readline() == b"ready\n"
    stop_group(process.pid, grace=0.2)
    assert process.wait(timeout=5) == -9


def test_a_guard_that_ctrl_c_left_behind_does_not_block_its_own_process(
    tmp_path: Path,
) -> None:
    """KeyboardInterrupt may come when a guard is held and its body not yet begun."""
    code = (
        "import sys; from pathlib import Path; from mmsia.bench.locks import guard\n"
        "left = guard(Path(sys.argv[1])); left.__enter__()\n"
        "with guard(Path(sys.argv[1])): print('held again')\n"
        "left.__exit__(None, None, None)\n"
        "with guard(Path(sys.argv[1])): print('and again')\n"
    )
    words = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines() == ["held again", "and again"], done.stderr
