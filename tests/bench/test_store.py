"""Results on disk: whole or absent, and damage is set aside, not believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmsia.bench.store import (
    PREDICTIONS,
    PROVENANCE,
    RESULT,
    FutureSchemaError,
    Store,
)
from mmsia.errors import DataError, InputError

RESULT_VALUES = {"scores": {"ap": 84.5}, "intervals": {}, "counts": {}, "curves": []}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "runs")
    store.save("key", RESULT_VALUES, {"seed": 0}, [{"image_id": 3}])
    return store


def test_what_is_saved_is_loaded(store: Store) -> None:
    run = store.load("key")
    assert run is not None
    assert run.result == RESULT_VALUES
    assert run.provenance == {"seed": 0}
    assert store.predictions("key") == [{"image_id": 3}]
    assert store.load("another") is None


def test_the_same_values_give_the_same_files(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "again")
    other.save("key", RESULT_VALUES, {"seed": 0}, [{"image_id": 3}])
    for name in (RESULT, PROVENANCE, PREDICTIONS):
        assert (other.folder / "key" / name).read_bytes() == (
            store.folder / "key" / name
        ).read_bytes()


@pytest.mark.parametrize("size", ["0", "1", "half", "last"])
def test_a_truncated_result_is_set_aside(
    store: Store, size: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = store.folder / "key" / RESULT
    whole = path.read_bytes()
    # The last byte is a line end; the one before it closes the object.
    keep = {"0": 0, "1": 1, "half": len(whole) // 2, "last": len(whole) - 2}[size]
    path.write_bytes(whole[:keep])
    assert store.load("key") is None
    assert not path.exists()
    assert path.with_name(f"{RESULT}.corrupt").read_bytes() == whole[:keep]
    assert len(caplog.records) == 1
    assert "set aside" in caplog.text


@pytest.mark.parametrize("name", [RESULT, PROVENANCE, PREDICTIONS])
def test_a_changed_byte_in_any_file_is_noticed(store: Store, name: str) -> None:
    path = store.folder / "key" / name
    data = bytearray(path.read_bytes())
    position = data.find(b"84.5") if name == RESULT else len(data) // 2
    data[position] ^= 1
    path.write_bytes(bytes(data))
    assert store.load("key") is None


def test_a_missing_file_counts_as_damage(store: Store) -> None:
    (store.folder / "key" / PREDICTIONS).unlink()
    assert store.load("key") is None
    with pytest.raises(DataError, match="predictions in"):
        store.predictions("key")


def test_earlier_damage_is_kept(store: Store) -> None:
    for _ in range(3):
        (store.folder / "key" / RESULT).write_text("{")
        assert store.load("key") is None
    kept = sorted(p.name for p in (store.folder / "key").glob("*.corrupt"))
    assert len(kept) == 3


def test_another_runs_result_is_not_believed(store: Store) -> None:
    target = store.folder / "other"
    target.mkdir()
    for path in (store.folder / "key").iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    assert store.load("other") is None


def test_a_later_schema_is_refused_and_left_alone(store: Store) -> None:
    path = store.folder / "key" / RESULT
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "schema": 99}))
    before = path.read_bytes()
    with pytest.raises(FutureSchemaError, match=r"schema 1 or earlier, got schema 99"):
        store.load("key")
    assert path.read_bytes() == before


def test_a_schema_that_never_was_is_damage(store: Store) -> None:
    path = store.folder / "key" / RESULT
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "schema": "one"}))
    assert store.load("key") is None


def test_numbers_that_are_not_finite_leave_no_result(tmp_path: Path) -> None:
    store = Store(tmp_path)
    values = {**RESULT_VALUES, "scores": {"ap": float("nan")}}
    with pytest.raises(InputError, match=r"scores\.ap"):
        store.save("key", values, {}, [])
    assert store.load("key") is None
