"""Parts of the same name in two libraries are told apart by their scope."""

from __future__ import annotations

from mmsia.engine.kinds import kind_of


def test_the_scope_of_a_part_or_of_the_config() -> None:
    part = {"type": "CocoDataset"}
    assert kind_of(part, {}) == "CocoDataset"
    assert kind_of(part, {"default_scope": "mmpose"}) == "CocoDataset"
    assert kind_of(part, {"default_scope": "mmdet"}) == "mmdet.CocoDataset"
    assert kind_of({**part, "_scope_": "mmdet"}, {}) == "mmdet.CocoDataset"
    assert kind_of({**part, "_scope_": "mmpose"}, {"default_scope": "mmdet"}) == (
        "CocoDataset"
    )
    assert kind_of({"type": "mmdet.CocoDataset"}, {"default_scope": "mmdet"}) == (
        "mmdet.CocoDataset"
    )
