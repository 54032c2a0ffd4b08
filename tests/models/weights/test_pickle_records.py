"""Pickles are read without importing or running anything that they name."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest

from mmsia.errors import DataError, UnsafeFileError
from mmsia.models.weights.pickle_records import Record, read_records


class Runs:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_plain_values_come_back(tmp_path: Path) -> None:
    values = {"a": [1, 2.5, None], "b": ("text", b"bytes", {3})}
    for protocol in range(2, 6):
        file = write(tmp_path / "plain.pkl", pickle.dumps(values, protocol))
        found = read_records(file, lambda name: True)
        assert found["a"] == values["a"] and found["b"][0] == "text"


def test_objects_become_records_of_what_would_have_been_called(tmp_path: Path) -> None:
    # a class of a package that does not exist, made with two numbers, then filled
    code = b"cnowhere.thing\nMaker\n(I1\nI2\ntR(dS'x'\nI3\nsb."
    found = read_records(
        write(tmp_path / "made.pkl", code), lambda n: n == "nowhere.thing.Maker"
    )
    assert isinstance(found, Record) and found.name == "nowhere.thing.Maker"
    assert found.args == (1, 2) and found.state == {"x": 3}
    assert "nowhere" not in sys.modules


@pytest.mark.parametrize("protocol", range(6))
def test_a_hostile_file_is_refused_and_nothing_runs(
    tmp_path: Path, protocol: int
) -> None:
    marker = tmp_path / "marker"
    data = pickle.dumps({"v_template": Runs(marker)}, protocol)
    file = write(tmp_path / "hostile.pkl", data)
    with pytest.raises(
        UnsafeFileError, match=r"got (posix|nt)\.system\. Nothing of it was run"
    ):
        read_records(file, lambda name: name.startswith("numpy."))
    assert not marker.exists()
    # the file is one that does run when it is read as usual
    pickle.loads(data)  # noqa: S301
    assert marker.exists()


def test_a_name_that_is_let_through_does_not_run_either(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    file = write(tmp_path / "hostile.pkl", pickle.dumps(Runs(marker)))
    found = read_records(file, lambda name: True)
    assert found.name.endswith("system") and not marker.exists()


def test_filling_a_class_leaves_nothing_behind(tmp_path: Path) -> None:
    """BUILD on a class or function would set its attributes in this process."""
    code = b"cnumpy\nndarray\n(dS'name'\nS'changed'\nsb."
    with pytest.raises(DataError, match="cannot be read"):
        read_records(write(tmp_path / "build.pkl", code), lambda name: True)
    assert Record.name == ""


@pytest.mark.parametrize("keep", [0, 1, 10, -1])
def test_damaged_files_are_named(tmp_path: Path, keep: int) -> None:
    whole = pickle.dumps({"a": list(range(100))})
    file = write(tmp_path / "half.pkl", whole[:keep])
    with pytest.raises(DataError, match=r"half\.pkl.*damaged"):
        read_records(file, lambda name: True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.pkl.*Check the path"):
        read_records(tmp_path / "none.pkl", lambda name: True)
