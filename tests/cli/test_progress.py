"""What a session prints while it works: lines in a pipe, a living table elsewhere."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from mmsia.bench.data import open_data
from mmsia.bench.measurement import Measurement
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.recipe import load_catalogue
from mmsia.bench.run import Interrupted, run_plan
from mmsia.bench.store import Store
from mmsia.bench.terms import Scale
from mmsia.cli import progress
from mmsia.cli.record import Record


def _execute(spec, request) -> Measurement:
    request.on_progress(1, 2)
    if "44-limbs.py" in spec.config:
        raise ZeroDivisionError("a defect")
    return Measurement({"ap": 80.0}, {"ap": (79.0, 81.0)}, {})


def _interrupt(spec, request) -> Measurement:
    if "44-limbs" in spec.config:
        raise KeyboardInterrupt
    return _execute(spec, request)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    data = open_data(Scale.SMOKE, tmp_path)
    entries = [load_catalogue()["gog/upper-bounds"]]
    options = Options(Scale.SMOKE, num_draws=5)
    plan = make_plan(entries, options, data)
    store = Store(tmp_path / "runs")
    return Record(plan, options, data, store, entries, tmp_path, "mmsia x")


def _run(record: Record, execute=_execute) -> None:
    with progress.watch(record) as listener:
        run_plan(
            record.plan,
            record.data,
            record.store,
            command="mmsia x",
            execute=execute,
            listener=listener,
        )


def _statuses(record: Record) -> list[str]:
    session = json.loads((record.work_dir / "session.json").read_text())
    rows = session["tables"]["gog/upper-bounds"]["rows"]
    return [row["status"] for row in rows.values()]


def test_lines_in_a_pipe(record: Record, capsys: pytest.CaptureFixture) -> None:
    _run(record)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("SIMULATED crowds")
    text = "\n".join(lines)
    assert "run 1 of 3: upper-bounds_default (upper-bound)" in lines
    assert "  gog/upper-bounds default, ap: 80.00 (79.0 to 81.0)" in text
    assert "  cells: 1 done, 0 failed, 2 left, about 0 s" in lines
    assert "FAILED  upper-bounds_44-limbs (upper-bound): error: ZeroDivision" in text
    assert lines[-1] == "  cells: 2 done, 1 failed, 0 left"
    # At smoke scale no number stands beside a printed one.
    assert "printed" not in text
    assert _statuses(record) == ["done", "failed", "done"]


def test_a_table_on_a_terminal(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=110, color_system=None)
    monkeypatch.setattr(progress, "make_console", lambda: console)
    _run(record)
    text = screen.getvalue()
    last = text[text.rindex("gog/upper-bounds") :]
    assert "default" in last and "44-limbs-stride-1" in last
    assert "cells: 2 done, 1 failed, 0 left" in last
    assert "done    upper-bounds_default (upper-bound)" in text


def test_an_interrupt_leaves_the_rest_for_the_same_command(record: Record) -> None:
    with pytest.raises(Interrupted) as caught:
        _run(record, _interrupt)
    assert len(caught.value.outcomes) == 3
    assert _statuses(record) == ["done", "interrupted", "interrupted"]


def test_what_is_cached_is_not_announced_as_work(record, capsys) -> None:
    _run(record)
    capsys.readouterr()
    _run(record)
    out = capsys.readouterr().out
    assert out.count("cached ") == 2
    assert "run 1 of 3" not in out
    assert "run 2 of 3" in out
