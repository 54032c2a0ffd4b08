"""Rows without a recipe always say why."""

from __future__ import annotations

from mmsia.bench.plan import why_not
from mmsia.bench.terms import Evidence, Reason
from mmsia.bench.unmade import DERIVED, EXTERNAL, NOT_BUILT, not_built


def test_no_evidence_makes_such_a_row() -> None:
    for row in (DERIVED, EXTERNAL, NOT_BUILT):
        for evidence in Evidence:
            assert why_not(row, evidence) == (row.reason, row.why)


def test_what_is_there_is_added_to_the_reason() -> None:
    row = not_built("MMPose has a part")
    assert row.reason is Reason.NOT_BUILT
    assert row.why == f"{NOT_BUILT.why}; MMPose has a part"
