"""Rows that no config makes say why."""

from __future__ import annotations

from mmsia.bench.plan import why_not
from mmsia.bench.terms import Evidence
from mmsia.bench.unmade import DERIVED, EXTERNAL


def test_each_has_its_reason_whatever_is_asked_for() -> None:
    for row in (DERIVED, EXTERNAL):
        assert row.config is None and row.why
        for evidence in (Evidence.TRAINING, Evidence.INFERENCE):
            assert why_not(row, evidence) == (row.reason, row.why)
