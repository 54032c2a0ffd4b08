"""Anchors and the server's answers travel with a work folder's results."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmsia.bench.anchors import AnchorState, Standing, load_states, save_anchors
from mmsia.bench.merge import merge
from mmsia.bench.packing import opened, pack
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.server_scores import ServerScore, load_scores, save_score
from mmsia.bench.session import save_session, table_states
from mmsia.bench.terms import Scale

GIVEN = AnchorState(Standing.GIVEN, 66.1, "key", "ab" * 32)
SKIPPED = AnchorState(Standing.NOT_RUN, why="needs-weights")
ANSWER = ServerScore({"ap": 65.4}, "scores.txt", "ab" * 32)


@pytest.fixture
def make(catalogue, data, tmp_path):
    """Makes work folders without runs."""

    def work(name, anchors, scores):
        folder, options = tmp_path / name, Options(Scale.SMOKE, num_draws=10)
        plan = make_plan([catalogue["gog/table3"]], options, data)
        save_session(folder, table_states(plan, {}, options, data, "mmsia x"))
        save_anchors(folder, anchors)
        for row, score in scores.items():
            save_score(folder, row, score)
        return folder

    return work


def test_they_come_along_and_conflicts_are_named(make, tmp_path):
    first = make("first", {"a": GIVEN, "b": SKIPPED}, {"x": ANSWER})
    worse = replace(GIVEN, standing=Standing.DIFFERS, value=60.0)
    other = replace(ANSWER, digest="cd" * 32)
    second = make("second", {"a": worse, "b": GIVEN}, {"x": other, "y": ANSWER})
    merged = merge([first, second], tmp_path / "into")
    assert merged.conflicts == ("a", "x")
    assert load_states(tmp_path / "into") == {"a": GIVEN, "b": GIVEN}
    assert load_scores(tmp_path / "into") == {"x": ANSWER, "y": ANSWER}
    assert merge([first], tmp_path / "into").conflicts == ()


def test_archives_hold_them(make, tmp_path):
    work = make("work", {"a": GIVEN}, {"x": ANSWER})
    with opened(pack(work, tmp_path / "out", 10**6)[:1]) as folders:
        merge(folders, tmp_path / "into")
    assert load_states(tmp_path / "into") == {"a": GIVEN}
    assert load_scores(tmp_path / "into") == {"x": ANSWER}
