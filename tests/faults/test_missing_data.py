"""P4: missing or altered data is named before the first step; a part is marked."""

from __future__ import annotations

import pytest

from mmsia.datasets.origin import DESCRIPTION


@pytest.fixture
def root(sessions, tmp_path):
    folder = tmp_path / "root"
    status, _, err = sessions.call(
        "simulate", "crowds", "--out", folder / "coco", "--num", 2, "--no-images"
    )
    assert status == 0, err
    return folder


def _reproduce(sessions, root, *options):
    words = [*sessions.words, "--data-root", root, "--work-dir", sessions.work]
    return sessions.call(*words, *options)


def test_missing_annotations_are_named(sessions, root) -> None:
    path = next(root.glob("coco/annotations/*.json"))
    path.unlink()
    status, _, err = _reproduce(sessions, root)
    assert status == 2
    assert path.name in err
    assert not sessions.made()


def test_altered_annotations_are_named(sessions, root) -> None:
    path = next(root.glob("coco/annotations/*.json"))
    text = path.read_text()
    path.write_text(text.replace('"iscrowd": 0', '"iscrowd": 1', 1))
    assert path.read_text() != text
    status, _, err = _reproduce(sessions, root, "--allow-partial")
    assert status == 2
    assert f"1 altered: annotations/{path.name}" in err
    assert not sessions.made()


def test_a_part_needs_leave_and_is_marked(sessions, root) -> None:
    # as if it were of COCO's own: made data is marked as that
    path = next(root.glob("coco/annotations/*.json"))
    path.write_text(path.read_text().replace(DESCRIPTION, "a part:"))
    (root / "coco" / "manifest.json").unlink()
    status, _, err = _reproduce(sessions, root)
    assert status == 2
    assert "expected 5000 images" in err
    assert "--allow-partial" in err
    assert not sessions.made()
    status, _, err = _reproduce(sessions, root, "--allow-partial")
    assert status == 0, err
    assert {cell["verdict"] for cell in sessions.cells()} == {"partial"}
