"""Members of JSON files one by one, wherever text is cut; damaged files are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmsia.datasets import interhand_stream
from mmsia.datasets.interhand_stream import stream_members
from mmsia.errors import DataError

CONTENT: dict[str, Any] = {
    "images": [{"id": 1, "name": 'a "b" {c} \\ é'}, {}, -12.5e3, [], "x", None, True],
    "annotations": {"3": {"deep": [[1, [2]], {"k": "]}"}]}, "": 1234567},
    "empty": [],
    "nothing": {},
    "passed over": 17,
    "last": {"a": 0},
}


def members(path: Path) -> list[tuple[str, str | int, Any]]:
    return list(stream_members(path))


def expected() -> list[tuple[str, str | int, Any]]:
    found = []
    for outer, inner in CONTENT.items():
        if isinstance(inner, dict):
            found += [(outer, key, value) for key, value in inner.items()]
        elif isinstance(inner, list):
            found += [(outer, number, value) for number, value in enumerate(inner)]
    return found


@pytest.mark.parametrize("indent", [None, 3])
@pytest.mark.parametrize("chunk", [1, 2, 7, 1 << 20])
def test_members_are_those_of_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, indent: int | None
) -> None:
    monkeypatch.setattr(interhand_stream, "_CHUNK", chunk)
    path = tmp_path / "some.json"
    path.write_text(json.dumps(CONTENT, indent=indent, ensure_ascii=False) + "\n")
    assert members(path) == expected()


def test_numbers_are_not_cut_where_the_text_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.random.default_rng(0).normal(0, 1e3, 200).tolist()
    (tmp_path / "some.json").write_text(json.dumps({"a": numbers}))
    for chunk in (1, 3, 5, 16):
        monkeypatch.setattr(interhand_stream, "_CHUNK", chunk)
        found = members(tmp_path / "some.json")
        assert [value for *_, value in found] == numbers


def test_a_file_cut_anywhere_is_damaged(tmp_path: Path) -> None:
    text = json.dumps({"images": [{"id": 1}, {"id": 20}], "more": {"a": [1]}})
    path = tmp_path / "some.json"
    for length in range(len(text)):
        path.write_text(text[:length])
        with pytest.raises(DataError, match=r"some.json is not a usable JSON file"):
            members(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": [1]} {', "nothing after the object, got '{' at character 11"),
        ("[1, 2]", "expected {, got '\\['"),
        ('{"a": [1 2]}', "expected , or ], got '2' at character 9"),
        ("{3: [1]}", "a key in quotes, got 3"),
        ('{"a": {"b": NaN}}', "finite numbers, got NaN"),
        ('{"a": {"b": [-Infinity]}}', "finite numbers, got -Infinity"),
        ('{"a": {"b": tru}}', "whole JSON, got Expecting value at character 12"),
        ("", "its end at character 0"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "some.json").write_text(text)
    with pytest.raises(DataError, match=told):
        members(tmp_path / "some.json")


def test_missing_and_undecodable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*none.json.*No such file"):
        members(tmp_path / "none.json")
    (tmp_path / "odd.json").write_bytes(b'{"a": ["\xff"]}')
    with pytest.raises(DataError, match=r"odd.json.*expected UTF-8 text"):
        members(tmp_path / "odd.json")


def test_a_damaged_member_is_not_searched_to_the_end_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interhand_stream, "_CHUNK", 100)
    monkeypatch.setattr(interhand_stream, "_LARGEST", 1000)
    (tmp_path / "some.json").write_text('{"a": [tru, ' + "1, " * 100_000 + "1]}")
    read = []
    real = interhand_stream._Text._more

    def more(self: Any, size: int) -> bool:
        read.append(size)
        return real(self, size)

    monkeypatch.setattr(interhand_stream._Text, "_more", more)
    with pytest.raises(DataError, match="Expecting value at character 7"):
        members(tmp_path / "some.json")
    assert sum(read) < 5000
