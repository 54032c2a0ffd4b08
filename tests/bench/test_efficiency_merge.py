"""Speeds that were measured on another machine join what was made here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmsia.bench.merge import merge
from mmsia.bench.session import RowState, TableState, load_session, save_session
from mmsia.bench.terms import Evidence, Scale, Status

DATA = {"name": "simulated", "digest": "d"}
SPEED = RowState(Status.DONE, efficiency="timed")
TRAINED = RowState(Status.DONE, ("trained",), config="c.py")


def _state(evidence: Evidence, row: RowState) -> TableState:
    command = f"mmsia {evidence}"
    return TableState("x/table", evidence, Scale.MINI, 0, 10, command, DATA, {"a": row})


@pytest.fixture
def folders(tmp_path):
    states = {
        "trained": _state(Evidence.TRAINING, TRAINED),
        "timed": _state(Evidence.EFFICIENCY, SPEED),
        "both": _state(Evidence.TRAINING, replace(TRAINED, efficiency="other")),
    }
    for name, state in states.items():
        save_session(tmp_path / name, [state])
    return tmp_path


@pytest.mark.parametrize(
    ("order", "speed"),
    [
        (("trained", "timed"), "timed"),
        (("timed", "trained"), "timed"),
        (("trained", "both"), "other"),
        (("both", "trained"), "other"),
    ],
)
def test_a_row_keeps_its_training_and_gets_its_speed(folders, order, speed) -> None:
    merge([folders / name for name in order], folders / "into")
    (state,) = load_session(folders / "into")
    assert state.evidence is Evidence.TRAINING
    assert state.rows["a"].runs == ("trained",)
    assert state.rows["a"].efficiency == speed
