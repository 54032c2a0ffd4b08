"""Pieces of a data set are found as folders or archives, or named one and all."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmsia.datasets.preparing.catalogue import DATA_SETS, find_data_set
from mmsia.datasets.preparing.pieces import DataSet, Piece, find_pieces
from mmsia.errors import DataError, InputError

SET = DataSet(
    name="small",
    title="Small set",
    licence="none",
    annotations=("*.json",),
    pieces=(
        Piece(
            path="labels",
            files=("a.json", "b_*.json"),
            archives=("labels.zip",),
            source="https://example.org/labels.zip",
        ),
        Piece(
            path="more",
            files=("*.jpg",),
            archives=("more.tar*",),
            source="https://example.org/more.tar",
            needed=False,
        ),
    ),
)


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_folders_are_found_below_others(tmp_path: Path) -> None:
    labels = tmp_path / "release_1" / "set" / "labels"
    touch(labels / "a.json", labels / "b_1.json")
    (found,) = find_pieces(SET, tmp_path)
    assert (found.place, found.packed) == (labels, False)


def test_archives_come_before_folders(tmp_path: Path) -> None:
    touch(tmp_path / "labels" / "a.json", tmp_path / "labels" / "b_1.json")
    touch(tmp_path / "got" / "labels.zip", tmp_path / "more.tar.gz")
    labels, more = find_pieces(SET, tmp_path)
    assert labels.place == tmp_path / "got" / "labels.zip" and labels.packed
    assert more.place == tmp_path / "more.tar.gz" and more.packed


def test_half_a_folder_is_no_piece(tmp_path: Path) -> None:
    touch(tmp_path / "labels" / "a.json", tmp_path / "labels.zip.part")
    with pytest.raises(DataError) as caught:
        find_pieces(SET, tmp_path)
    text = str(caught.value)
    assert "labels/a.json, labels/b_*.json; or labels.zip" in text
    assert "https://example.org/labels.zip" in text
    assert "got labels, labels.zip.part" in text
    assert "more.tar" not in text, "what is optional is not asked for"


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing there"):
        find_pieces(SET, tmp_path / "none")
    touch(tmp_path / "file")
    with pytest.raises(DataError, match="a file"):
        find_pieces(SET, tmp_path / "file")


def test_every_data_set_of_the_data_root_is_described() -> None:
    assert list(DATA_SETS) == [
        "coco",
        "panoptic",
        "mpii_nzsl",
        "mhp",
        "pascal3d",
        "objectnet3d",
        "interhand26m",
    ]
    for name, data_set in DATA_SETS.items():
        assert data_set.name == name
        assert data_set.licence and data_set.pieces
        for piece in data_set.pieces:
            assert piece.source and piece.files
    with pytest.raises(InputError, match="one of coco, panoptic"):
        find_data_set("imagenet")


def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked").mkdir()

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(DataError, match=r"cannot be read.*Permission denied"):
        find_pieces(SET, tmp_path)
