"""Whether rows at the paper's scale stand on anything, said before them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mmsia.bench.anchors import AnchorState, Standing, load_anchors, save_anchors
from mmsia.bench.session import RowState
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale, Status
from mmsia.report.anchors import anchors_view
from mmsia.report.write import write_report

GIVEN = AnchorState(Standing.GIVEN, 66.13, "key", "ab" * 32)
OF_GOG = ("mmpose-ae-hrnet-w32", "centernet-hg104", "gog-release")


def at_paper_scale(states):
    row = RowState(Status.DONE, ("key",))
    return [
        replace(s, scale=Scale.PAPER, evidence=Evidence.INFERENCE, rows={"a": row})
        for s in states
    ]


def words(tables, states):
    return dict(anchors_view(tables, load_anchors(), states).papers)["gog"]


def test_no_claim_needs_no_anchor(make_states, tmp_path: Path) -> None:
    tables = make_states(Store(tmp_path / "runs"))
    assert anchors_view(tables, load_anchors(), {}) is None
    # asked for, they are shown
    shown = anchors_view(tables, load_anchors(), {"gog-release": GIVEN})
    assert shown.papers == () and [row[0] for row in shown.rows] == ["gog-release"]


def test_rows_at_paper_scale_are_backed_or_not(make_states, tmp_path: Path) -> None:
    tables = at_paper_scale(make_states(Store(tmp_path / "runs")))
    assert words(tables, {}).startswith("not backed: none of mmpose-ae-hrnet-w32,")
    some = words(tables, {"gog-release": GIVEN})
    assert some == (
        "gog-release gave the stated score; open: mmpose-ae-hrnet-w32, centernet-hg104"
    )
    every = dict.fromkeys(OF_GOG, GIVEN)
    assert words(tables, every).startswith("trustworthy: ")
    bad = {**every, "gog-release": AnchorState(Standing.DIFFERS, 60.0)}
    assert words(tables, bad) == "not to be trusted until this is: gog-release"
    part = {name: AnchorState(Standing.PARTIAL, 66.1) for name in OF_GOG}
    assert words(tables, part).startswith("not backed")


def test_a_paper_without_anchors_says_so(make_states, tmp_path: Path) -> None:
    tables = at_paper_scale(make_states(Store(tmp_path / "runs")))
    tables = [replace(tables[0], table="dir/interhand")]
    shown = anchors_view(tables, load_anchors(), {})
    assert shown.papers == (
        ("dir", "no public weights with a known score go through its parts"),
    )
    assert shown.rows == ()


def test_the_report_tells_of_anchors_first(
    catalogue, make_states, tmp_path: Path
) -> None:
    store = Store(tmp_path / "runs")
    states = make_states(store)
    failed = AnchorState(Standing.FAILED, why="holds <b>more</b> than weights")
    save_anchors(tmp_path, {"gog-release": GIVEN, "centernet-hg104": failed})
    page = write_report(tmp_path, catalogue, states, store).path
    html, text = page.read_text(), page.with_name("report.md").read_text()
    assert html.index('id="anchors"') < html.index('id="how-to-read"')
    for body in (html, text):
        assert "66.13" in body and "66.1 ± 0.1" in body and "centernet-hg104" in body
        assert "<b>more" not in body
