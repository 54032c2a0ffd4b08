"""P1: killed at any moment, the same command finishes the rest and repeats nothing."""

from __future__ import annotations

import os
import signal

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_kill_during_a_run_costs_that_run(
    sessions, undisturbed, wait, gone, jobs
) -> None:
    process = sessions.start("--jobs", jobs, FAULT="hang", AT="coco44")
    wait(lambda: len(sessions.made()) == 1 + int(jobs), "the hanging runs")
    wait(lambda: len(sessions.results()) == 1, "the first result")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # What it had started ends by itself, or the next session would make it twice.
    wait(lambda: all(map(gone, sessions.pids())), "the end of the runs")
    grandchild = int(sessions.made_file.with_name("grandchild").read_text())
    wait(lambda: gone(grandchild), "the end of what a run had started")
    before = sessions.results()
    status, out, err = sessions.run()
    assert status == 0, err
    assert err.count("stale lock of process") == int(jobs)
    assert out.count("cached") == 1
    assert sessions.made()["coco19-4"] == 1
    assert before.items() <= sessions.results().items()
    assert sessions.cells() == undisturbed
    assert sessions.leftovers() == []


@pytest.mark.parametrize(
    "moment", ["inside", pytest.param("after", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    "number",
    [
        5,
        *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3, 4, 6, 7, 9, 12)),
    ],
)
def test_a_kill_at_a_write_loses_nothing_that_was_done(
    sessions, undisturbed, number, moment
) -> None:
    process = sessions.start(KILL_AT_WRITE=str(number), MOMENT=moment)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    done, made = sessions.results(), sessions.made()
    status, out, err = sessions.run()
    assert status == 0, err
    assert "set aside" not in err
    assert out.count("cached") == len(done)
    assert done.items() <= sessions.results().items()
    again = sessions.made() - made
    assert sum(again.values()) == 3 - len(done)
    assert sessions.cells() == undisturbed


@pytest.mark.parametrize("jobs", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(
    sessions, undisturbed, wait, gone, jobs
) -> None:
    process = sessions.start("--jobs", jobs, FAULT="hang", AT="coco44")
    wait(lambda: len(sessions.made()) == 1 + int(jobs), "the hanging runs")
    wait(lambda: len(sessions.results()) == 1, "the first result")
    # As a terminal does: to the whole group in front.
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err.strip().endswith("mmsia reproduce: interrupted")
    assert "Traceback" not in err
    assert all(map(gone, sessions.pids()))
    assert gone(int(sessions.made_file.with_name("grandchild").read_text()))
    assert sessions.leftovers() == []
    status, out, _ = sessions.call("report", sessions.work)
    assert status == 0
    assert "interrupted: the same command goes on" in out
    status, out, err = sessions.run()
    assert status == 0, err
    assert "stale" not in err
    assert sessions.made()["coco19-4"] == 1
    assert sessions.cells() == undisturbed
