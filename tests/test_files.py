from __future__ import annotations

import errno
import hashlib
import os
import stat

import pytest

from mmsia import files
from mmsia.errors import DataError, InputError


def test_json_round_trip_keeps_key_order(tmp_path):
    path = tmp_path / "new" / "folder" / "a.json"
    data = {"zeta": 1, "alpha": [1.5, None, True, "é\n"], "deep": {"b": {}, "a": []}}
    files.write_json(path, data)
    assert files.read_json(path) == data
    assert list(files.read_json(path)) == ["zeta", "alpha", "deep"]
    assert path.read_text(encoding="utf-8").startswith('{\n "zeta": 1,')
    assert path.read_bytes().endswith(b"}\n")


def test_text_is_written_as_it_is(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text_atomic(path, "a\r\nb\n\x00é")
    assert path.read_bytes() == b"a\r\nb\n\x00\xc3\xa9"


def test_permissions_follow_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        files.write_text_atomic(tmp_path / "a", "a")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_failed_write_keeps_the_old_content_and_no_rest(tmp_path, monkeypatch, step):
    path = tmp_path / "result.json"
    files.write_json(path, {"run": 1})

    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, step, full)
    with pytest.raises(DataError, match=r"result\.json.*No space left"):
        files.write_json(path, {"run": 2})
    assert files.read_json(path) == {"run": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]


def test_interrupt_in_the_middle_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupt(_descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_text_atomic(tmp_path / "a", "a")
    assert list(tmp_path.iterdir()) == []


def test_write_below_a_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a").write_text("I am a file")
    with pytest.raises(DataError, match=r"cannot write .*a/b"):
        files.write_text_atomic(tmp_path / "a" / "b", "")


@pytest.mark.parametrize(
    ("obj", "place"),
    [
        ({"a": [0.0, float("nan")]}, r"a\[1\]"),
        ({"a": {"b": float("-inf")}}, r"a\.b"),
        ({"a": {3: 1}}, "the key 3 in a"),
        ({"a": {1, 2}}, "a cannot.*type set"),
        (float("inf"), "the top level"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(tmp_path, obj, place):
    with pytest.raises(InputError, match=place):
        files.write_json(tmp_path / "a.json", obj)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{\n "a": [1, 2', r"line 2, column 12 \(the file ends after 13 characters\)"),
        (b'{"a": 1}x', "Extra data at line 1, column 9"),
        (b'{"NaN": 1,\n "a": NaN}', "NaN at line 2, column 7"),
        (b'{"a": "\\"Infinity", "b": -Infinity}', "-Infinity at line 1, column 26"),
        (b"", "line 1, column 1"),
        (b'{"a": "\xff"}', "byte 7"),
    ],
)
def test_bad_json_is_named_with_file_and_position(tmp_path, content, message):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"bad\.json.*{message}"):
        files.read_json(path)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.json.*No such file"):
        files.read_json(tmp_path / "gone.json")
    with pytest.raises(DataError, match=r"gone\.bin.*No such file"):
        files.sha256_file(tmp_path / "gone.bin")


def test_digests_agree_with_the_published_value_and_each_other(tmp_path):
    # FIPS 180-2, appendix B.1.
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert files.sha256_text("abc") == known
    data = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(data)
    assert files.sha256_file(tmp_path / "a") == hashlib.sha256(data).hexdigest()


def test_parts_are_written_one_after_the_other(tmp_path):
    path = tmp_path / "a"
    files.write_parts_atomic(path, iter([b"one", memoryview(b"two")]))
    assert path.read_bytes() == b"onetwo"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_failing_part_leaves_what_was_there(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"before")

    def parts():
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match="No space left"):
        files.write_parts_atomic(path, parts())
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_only_leftovers_of_killed_writes_are_removed(tmp_path):
    kept = [".hidden", "a.pth", ".a.pth.tmp", ".b.json.12.0123abcd.tmp"]
    for name in (*kept, ".a.pth.12.0123abcd.tmp"):
        (tmp_path / name).touch()
    assert files.remove_leftovers(tmp_path, "*.pth.*") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(kept)
    assert files.remove_leftovers(tmp_path) == 1


def test_earlier_damaged_files_are_kept(tmp_path):
    for number in range(3):
        (tmp_path / "a").write_text(str(number))
        files.set_aside(tmp_path / "a")
    found = {p.name: p.read_text() for p in tmp_path.iterdir()}
    assert found == {"a.corrupt": "0", "a.1.corrupt": "1", "a.2.corrupt": "2"}
