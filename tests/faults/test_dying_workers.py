"""P8: a worker that dies or takes too long is one failed row, and never cached."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("SIGKILL", "killed: its process was ended by SIGKILL: often the system"),
        # its log's test below runs always
        pytest.param(
            *("SIGSEGV", "crash: its process was ended by SIGSEGV"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("exit", "crash: its process ended without an answer (exit status 3)"),
            marks=pytest.mark.slow,
        ),
        pytest.param(*("memory", "memory: MemoryError"), marks=pytest.mark.slow),
        pytest.param(
            *("raise", "error: ZeroDivisionError: a defect (traceback in "),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_its_row_fails_and_no_other(sessions, undisturbed, fault, words) -> None:
    status, out, err = sessions.run(FAULT=fault, AT="coco44-4")
    assert status == 1, err
    assert "Traceback" not in err
    assert f"FAILED  upper-bounds_44-limbs (upper-bound): {words}" in out
    verdicts = {cell["row"]: cell["verdict"] for cell in sessions.cells()}
    assert verdicts == {
        "default": "not-comparable",
        "44-limbs": "failed",
        "44-limbs-stride-1": "not-comparable",
    }
    status, out, _ = sessions.run()
    assert status == 0
    assert out.count("cached") == 2
    assert sessions.made()["coco44-4"] == 2
    assert sessions.cells() == undisturbed


def test_a_run_that_takes_too_long_is_stopped(sessions, gone) -> None:
    status, out, _ = sessions.run("--timeout", "1.5", FAULT="hang", AT="coco44-4")
    assert status == 1
    assert "TIMEOUT upper-bounds_44-limbs" in out
    assert "stopped after its 1.5 s: give it more with --timeout" in out
    assert all(map(gone, sessions.pids()))
    assert gone(int(sessions.made_file.with_name("grandchild").read_text()))
    failed = [cell for cell in sessions.cells() if cell["verdict"] == "failed"]
    assert [cell["row"] for cell in failed] == ["44-limbs"]
    status, out, _ = sessions.run()
    assert status == 0
    assert out.count("cached") == 2


def test_the_log_of_a_crash_names_the_place(sessions) -> None:
    sessions.run(FAULT="SIGSEGV", AT="coco19")
    logs = [path.read_text() for path in sessions.work.glob("runs/*/log.txt")]
    assert sum("Fatal Python error: Segmentation fault" in log for log in logs) == 1
