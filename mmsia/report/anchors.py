"""What a report says of anchors: whether rows at the paper's scale stand on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmsia.bench.anchors import Anchor, AnchorState, Standing
from mmsia.bench.session import TableState
from mmsia.bench.terms import Evidence, Scale
from mmsia.report.numbers import format_value

_NETWORKS = (Evidence.TRAINING, Evidence.INFERENCE)
_BAD = (Standing.DIFFERS, Standing.FAILED)


@dataclass(frozen=True)
class AnchorsView:
    """The part of a report about anchors.

    Attributes:
        papers: (paper, what its rows at the paper's scale stand on).
        rows: (id, what it is, stated, ours, standing, why, page) of each anchor of
            these papers.
    """

    papers: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, str, str, str, str, str], ...]


def anchors_view(
    tables: Sequence[TableState],
    anchors: Mapping[str, Anchor],
    states: Mapping[str, AnchorState],
) -> AnchorsView | None:
    """What is said of anchors; nothing where no row and no anchor needs it.

    Args:
        tables: The tables of the report.
        anchors: By id.
        states: What came of them in the work folder.
    """
    at_scale = dict.fromkeys(
        table.table.partition("/")[0]
        for table in tables
        if table.scale is Scale.PAPER
        and table.evidence in _NETWORKS
        and any(row.runs for row in table.rows.values())
    )
    if not at_scale and not states:
        return None
    shown = [
        anchor
        for anchor in anchors.values()
        if anchor.id in states or set(anchor.papers) & set(at_scale)
    ]
    return AnchorsView(
        papers=tuple((paper, _stand(paper, anchors, states)) for paper in at_scale),
        rows=tuple(_row(anchor, _state_of(anchor, states)) for anchor in shown),
    )


def _stand(
    paper: str, anchors: Mapping[str, Anchor], states: Mapping[str, AnchorState]
) -> str:
    own = [anchor for anchor in anchors.values() if paper in anchor.papers]
    if not own:
        return "no public weights with a known score go through its parts"
    found = {anchor.id: _state_of(anchor, states).standing for anchor in own}
    bad = [name for name, standing in found.items() if standing in _BAD]
    given = [name for name, standing in found.items() if standing is Standing.GIVEN]
    if bad:
        return f"not to be trusted until this is: {', '.join(bad)}"
    if len(given) == len(own):
        return f"trustworthy: {', '.join(given)} gave the stated score"
    if given:
        rest = [name for name in found if name not in given]
        return f"{', '.join(given)} gave the stated score; open: {', '.join(rest)}"
    return (
        f"not backed: none of {', '.join(found)} was tested on whole data here; "
        "`mmsia anchors --weights DIR --data-root D` with this --work-dir does"
    )


def _row(
    anchor: Anchor, state: AnchorState
) -> tuple[str, str, str, str, str, str, str]:
    return (
        anchor.id,
        anchor.about,
        f"{anchor.expected:.1f} ± {anchor.tolerance:g}",
        format_value(state.value),
        state.standing.value,
        state.why,
        anchor.page,
    )


def _state_of(anchor: Anchor, states: Mapping[str, AnchorState]) -> AnchorState:
    return states.get(anchor.id) or AnchorState(Standing.NOT_RUN)
