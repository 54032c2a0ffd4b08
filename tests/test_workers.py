from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from mmsia.workers import worker_pool


def _square(number: int) -> int:
    return number * number


def _note_start(folder: Path) -> None:
    (folder / str(os.getpid())).touch()


def _die() -> None:
    os._exit(3)


def test_pieces_are_made_by_started_workers(tmp_path):
    with worker_pool(2, _note_start, (tmp_path,)) as pool:
        assert list(pool.map(_square, range(5))) == [0, 1, 4, 9, 16]
    started = [int(path.name) for path in tmp_path.iterdir()]
    assert 1 <= len(started) <= 2 and os.getpid() not in started
    assert not any(map(_lives, started))


def test_a_worker_that_is_killed_breaks_the_pool():
    with pytest.raises(BrokenProcessPool), worker_pool(1) as pool:
        pool.submit(_die).result()


def test_an_error_ends_the_workers_at_once(tmp_path):
    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError), worker_pool(1) as pool:
        pid = pool.submit(os.getpid).result()
        pool.submit(time.sleep, 600)
        1 / 0  # noqa: B018
    assert time.monotonic() - begun < 60
    assert not _lives(pid)


INTERRUPTED = """
import os, sys, time
from mmsia.workers import worker_pool

if __name__ == "__main__":
    try:
        with worker_pool(2) as pool:
            pids = {pool.submit(os.getpid).result() for _ in range(4)}
            print(*pids, flush=True)
            list(pool.map(time.sleep, [600] * 8))
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize("times", [1, 2, 5])
def test_ctrl_c_any_number_of_times_leaves_nobody(tmp_path, times):
    """Twice is what `timeout -s INT` sends, and what people do who do not wait."""
    script = tmp_path / "session.py"
    script.write_text(INTERRUPTED)
    session = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    pids = [int(word) for word in session.stdout.readline().split()]
    for _ in range(times):
        os.killpg(session.pid, signal.SIGINT)
        time.sleep(0.01)
    assert session.wait(timeout=60) != 0
    deadline = time.monotonic() + 30
    while any(map(_lives, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert pids and not any(map(_lives, pids))


def _lives(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
