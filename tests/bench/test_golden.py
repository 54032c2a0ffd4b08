"""P11: results that earlier versions wrote stay readable; one folder a schema.

A new schema adds a folder here; nobody edits one that is there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mmsia.bench.durations import Durations
from mmsia.bench.store import SCHEMA, Store

GOLDEN = Path(__file__).with_name("golden")


def test_every_schema_has_its_folder() -> None:
    names = {folder.name for folder in GOLDEN.iterdir()}
    assert names == {f"schema-{number}" for number in range(1, SCHEMA + 1)}


@pytest.mark.parametrize("name", sorted(folder.name for folder in GOLDEN.iterdir()))
def test_it_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / name, tmp_path / name)
    store = Store(tmp_path / name / "runs")
    (key,) = store.keys()
    run = store.load(key)
    assert run is not None
    assert run.result["scores"]["ap"] == 84.5
    assert run.result["intervals"]["ap"] == [80.5, 88.25]
    assert run.result["curves"][0]["kind"] == "blur"
    assert run.provenance["commit"].startswith("415b996")
    assert run.weights is None
    assert store.predictions(key)[0]["keypoints"][:3] == [1.5, 2.5, 1.0]
    assert not list(store.folder.rglob("*.corrupt"))
    # Its duration counts as well, without the fields that came later.
    Durations(store)
