"""P7: two sessions in one folder neither mix nor repeat; stale locks are recognised."""

from __future__ import annotations

import json
import os
import signal
import socket

import pytest


def test_two_sessions_share_the_work(sessions, undisturbed) -> None:
    both = [sessions.start(SECONDS="0.5"), sessions.start(SECONDS="0.5")]
    outputs = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert sessions.made() == dict.fromkeys(sessions.made(), 1)
    assert len(sessions.made()) == 3
    assert sum(out.count("done   ") for out, _ in outputs) == 3
    assert sum(out.count("cached ") for out, _ in outputs) == 3
    assert any("waiting upper-bounds" in out for out, _ in outputs)
    assert sessions.cells() == undisturbed
    assert sessions.leftovers() == []


def test_a_session_takes_over_from_one_that_dies(sessions, wait, undisturbed) -> None:
    first = sessions.start(FAULT="hang", AT="coco19")
    wait(lambda: sessions.made(), "the hanging run")
    second = sessions.start()
    wait(lambda: len(sessions.results()) == 2, "the other runs")
    assert second.poll() is None
    os.kill(first.pid, signal.SIGKILL)
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    assert f"process {first.pid} on {socket.gethostname()}" in out
    assert f"stale lock of process {first.pid}" in err
    assert sessions.cells() == undisturbed


@pytest.mark.slow
def test_a_pid_that_was_given_again_does_not_hold_a_lock(sessions) -> None:
    status, _, _ = sessions.run()
    assert status == 0
    folder = next(sessions.work.glob("runs/*/result.json")).parent
    (folder / "result.json").unlink()
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": "2020-01-01T00:00:00+00:00",
        "ticks": "1",
    }
    (folder / "lock").write_text(json.dumps(holder))
    status, _, err = sessions.run()
    assert status == 0
    assert err.count("stale lock") == 1
