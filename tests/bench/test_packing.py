"""Finished runs travel in archives, whole and without what nobody asked for."""

from __future__ import annotations

import io
import tarfile

import pytest

from mmsia.bench.merge import merge
from mmsia.bench.packing import opened, pack
from mmsia.bench.plan import make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.session import load_session, save_session, table_states
from mmsia.bench.store import RESULT, Store
from mmsia.cli.main import main
from mmsia.errors import DataError, UnsafeFileError


@pytest.fixture
def made(catalogue, data, options, execute, tmp_path):
    """A work folder with three runs, weights and a report."""
    work = tmp_path / "work"
    store = Store(work / "runs")
    plan = make_plan([catalogue["gog/upper-bounds"]], options, data)
    outcomes = run_plan(plan, data, store, command="mmsia x", execute=execute)
    save_session(work, table_states(plan, outcomes, options, data, "mmsia x"))
    for key in store.keys():
        (store.folder / key / "weights.pth").write_bytes(b"w" * 5000)
    (work / "report").mkdir()
    (work / "report" / "index.html").write_text("page")
    return work


def _names(path):
    with tarfile.open(path) as archive:
        return archive.getnames()


def test_runs_come_back_as_they_were(made, tmp_path) -> None:
    paths = pack(made, tmp_path / "out", 10**6)
    assert [path.name for path in paths] == ["runs-001.tar.gz", "report.tar.gz"]
    assert not any("weights" in name for name in _names(paths[0]))
    assert _names(paths[1]) == ["report/index.html"]
    with opened(paths[:1]) as folders:
        merged = merge(folders, tmp_path / "into")
    assert len(merged.copied) == 3 and not merged.damaged
    assert not folders[0].exists()
    for key in merged.copied:
        first, second = Store(made / "runs"), Store(tmp_path / "into" / "runs")
        assert first.load(key) == second.load(key)
        assert first.predictions(key) == second.predictions(key)
    assert load_session(tmp_path / "into") == load_session(made)


def test_parts_hold_whole_runs_and_join_again(made, tmp_path) -> None:
    paths = pack(made, tmp_path / "out", 1)[:-1]
    assert len(paths) == 3
    for path in paths:
        assert sum(name.endswith(RESULT) for name in _names(path)) == 1
    words = ["merge", *map(str, paths), "--into", str(tmp_path / "into")]
    assert main(words) == 0
    assert len(Store(tmp_path / "into" / "runs").keys()) == 3
    # a smaller packing leaves none of the earlier archives
    assert len(pack(made, tmp_path / "out", 10**6)) == 2
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_damaged_runs_are_not_packed(made, tmp_path) -> None:
    store = Store(made / "runs")
    (store.folder / store.keys()[0] / "predictions.json.gz").write_bytes(b"x")
    path, _ = pack(made, tmp_path / "out", 10**6)
    assert sum(name.endswith(RESULT) for name in _names(path)) == 2


def test_a_hostile_archive_leaves_nothing(tmp_path) -> None:
    path = tmp_path / "runs-001.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("../marker")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(UnsafeFileError), opened([path]):
        pass
    assert not list(tmp_path.parent.glob("marker"))


def test_what_is_no_source_is_named(tmp_path) -> None:
    (tmp_path / "some.txt").write_text("x")
    for name, got in (("some.txt", "something else"), ("absent", "nothing there")):
        with pytest.raises(DataError, match=got), opened([tmp_path / name]):
            pass
    with pytest.raises(DataError, match="not a work folder"):
        pack(tmp_path, tmp_path / "out", 1)
