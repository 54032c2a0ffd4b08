"""What stands in a table's rows."""

from __future__ import annotations

from mmsia.report.view import plain_label


def test_labels_are_shown_without_tex() -> None:
    assert plain_label("+ ROIPointer ( $\\times 2$ )") == "+ ROIPointer ( ×2 )"
    assert plain_label("costs $5") == "costs $5"
