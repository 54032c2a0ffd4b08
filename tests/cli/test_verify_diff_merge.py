"""`mmsia plan`, `verify`, `diff` and `merge` on work folders of real oracle runs."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from mmsia.bench.data import open_data
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.recipe import load_catalogue
from mmsia.bench.run import run_plan
from mmsia.bench.session import save_session, table_states
from mmsia.bench.store import PREDICTIONS, RESULT, Store
from mmsia.bench.terms import Scale
from mmsia.cli.main import main
from mmsia.datasets.simulated.crowds import write_crowds

WORDS = ("gog/upper-bounds", "--num-draws", "20")


@pytest.fixture(scope="module")
def annotations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_crowds(tmp_path_factory.mktemp("data"), 4, 5, with_images=False)


@pytest.fixture(scope="module")
def made(annotations: Path, tmp_path_factory: pytest.TempPathFactory):
    """Two work folders that differ in the seed of the bootstrap."""
    folders = []
    for seed in (0, 1):
        work = tmp_path_factory.mktemp(f"seed{seed}")
        data = open_data(Scale.PAPER, work, ann_file=annotations)
        options = Options(Scale.PAPER, seed=seed, num_draws=20)
        plan = make_plan([load_catalogue()["gog/upper-bounds"]], options, data)
        outcomes = run_plan(plan, data, Store(work / "runs"), command=f"seed {seed}")
        save_session(work, table_states(plan, outcomes, options, data, "c"))
        folders.append(work)
    return folders


@pytest.fixture
def folders(made, tmp_path: Path) -> list[Path]:
    """Copies that a test may damage."""
    return [shutil.copytree(work, tmp_path / str(i)) for i, work in enumerate(made)]


def _tamper(work: Path, change) -> str:
    """Change a run so that the store still believes it, and return its key."""
    store = Store(work / "runs")
    key = store.keys()[0]
    run = store.load(key)
    predictions = store.predictions(key)
    result = json.loads(json.dumps(run.result))
    change(result, predictions)
    store.save(key, result, run.provenance, predictions)
    return key


def test_what_follows_from_its_predictions_is_verified(folders, capsys) -> None:
    assert main(["verify", str(folders[0])]) == 0
    assert "3 runs, 30 scores recomputed: 0 problems" in capsys.readouterr().out


def test_counts_of_networks_are_no_scores_of_predictions(folders, capsys) -> None:
    store = Store(folders[0] / "runs")
    run = store.load(store.keys()[0])
    counts = {"scores": {"params": 7.0}, "intervals": {}, "counts": {}, "curves": []}
    store.save("structure", counts, {**run.provenance, "num_draws": 0}, [])
    assert main(["verify", str(folders[0])]) == 0
    assert "3 runs, 30 scores recomputed: 0 problems" in capsys.readouterr().out


def test_a_score_that_does_not_follow_is_named(folders, capsys) -> None:
    def improve(result, predictions) -> None:
        result["scores"]["ap"] += 0.01

    key = _tamper(folders[0], improve)
    assert main(["verify", str(folders[0])]) == 1
    out = capsys.readouterr().out
    assert out.count("stored") == 1
    assert f"{key} scores.ap: stored" in out


def test_predictions_that_give_other_scores_are_named(folders, capsys) -> None:
    key = _tamper(folders[0], lambda result, predictions: predictions.pop())
    assert main(["verify", str(folders[0])]) == 1
    assert f"{key} scores.a" in capsys.readouterr().out


def test_an_interval_that_does_not_follow_is_named(folders, capsys) -> None:
    def narrow(result, predictions) -> None:
        result["intervals"]["ap"][0] += 1

    key = _tamper(folders[0], narrow)
    assert main(["verify", str(folders[0])]) == 1
    assert f"{key} intervals.ap.low: stored" in capsys.readouterr().out


def test_damage_and_other_annotations_are_problems(
    folders, annotations, tmp_path, capsys
) -> None:
    path = next(folders[0].glob(f"runs/*/{PREDICTIONS}"))
    path.write_bytes(gzip.compress(b"[]"))
    assert main(["verify", str(folders[0])]) == 1
    assert "the stored files are damaged" in capsys.readouterr().out
    other = write_crowds(tmp_path / "other", 4, 6, with_images=False)
    assert main(["verify", str(folders[1]), "--ann-file", str(other)]) == 1
    assert "are not those of the run" in capsys.readouterr().out
    moved = shutil.copy(annotations, tmp_path / "moved.json")
    assert main(["verify", str(folders[1]), "--ann-file", str(moved)]) == 0


def test_nothing_to_verify_is_status_2(tmp_path, capsys) -> None:
    assert main(["verify", str(tmp_path)]) == 2
    assert "no results" in capsys.readouterr().err


def test_diff_names_what_moved_and_what_changed(folders, capsys) -> None:
    assert main(["diff", str(folders[0]), str(folders[0])]) == 0
    assert capsys.readouterr().out == "0 scores moved\n"

    def improve(result, predictions) -> None:
        result["scores"]["ap"] += 1.0

    _tamper(folders[1], improve)
    assert main(["diff", *map(str, folders)]) == 1
    out = capsys.readouterr().out
    assert "(oracle), ap: " in out and "(+1.00)" in out
    assert "    seed: 0 -> 1" in out
    assert "started" not in out


def test_diff_of_no_work_folder_is_status_2(folders, tmp_path, capsys) -> None:
    assert main(["diff", str(folders[0]), str(tmp_path / "absent")]) == 2
    assert "not a work folder" in capsys.readouterr().err


def test_merge_joins_and_the_report_has_both(folders, tmp_path, capsys) -> None:
    into = tmp_path / "into"
    assert main(["merge", *map(str, folders), "--into", str(into)]) == 0
    assert "6 runs copied, 0 there already, 0 conflicts" in capsys.readouterr().out
    for work in folders:
        for path in work.glob("runs/*/*"):
            assert (into / path.relative_to(work)).read_bytes() == path.read_bytes()
    assert main(["verify", str(into)]) == 0
    assert main(["merge", str(folders[0]), "--into", str(into)]) == 0
    assert "0 runs copied, 3 there already" in capsys.readouterr().out
    assert not list(into.rglob("lock"))
    assert main(["report", str(into)]) == 0


def test_a_conflict_is_named_and_nothing_overwritten(folders, tmp_path, capsys) -> None:
    into = tmp_path / "into"
    assert main(["merge", str(folders[0]), "--into", str(into)]) == 0

    def improve(result, predictions) -> None:
        result["scores"]["ap"] += 1.0

    key = _tamper(folders[0], improve)
    before = (into / "runs" / key / RESULT).read_bytes()
    capsys.readouterr()
    assert main(["merge", str(folders[0]), "--into", str(into)]) == 1
    assert f"CONFLICT {key}" in capsys.readouterr().out
    assert (into / "runs" / key / RESULT).read_bytes() == before


def test_damaged_results_do_not_travel(folders, tmp_path, capsys) -> None:
    path = next(folders[0].glob(f"runs/*/{RESULT}"))
    path.write_bytes(path.read_bytes()[:-9])
    into = tmp_path / "into"
    assert main(["merge", str(folders[0]), "--into", str(into)]) == 1
    assert f"DAMAGED {folders[0]} {path.parent.name}" in capsys.readouterr().out
    assert len(list(into.glob(f"runs/*/{RESULT}"))) == 2


def test_rows_made_in_two_places_make_one_table(folders, tmp_path) -> None:
    for work, gone in zip(folders, ("default", "44-limbs"), strict=True):
        session = json.loads((work / "session.json").read_text())
        table = session["tables"]["gog/upper-bounds"]
        table["seed"] = 0
        row = table["rows"][gone]
        row |= {"status": "interrupted", "run": None, "why": "interrupted"}
        (work / "session.json").write_text(json.dumps(session))
    into = tmp_path / "into"
    assert main(["merge", *map(str, folders), "--into", str(into)]) == 0
    session = json.loads((into / "session.json").read_text())
    rows = session["tables"]["gog/upper-bounds"]["rows"]
    assert {row["status"] for row in rows.values()} == {"done"}


def test_plan_tells_what_is_there(folders, annotations, capsys) -> None:
    options = ["--ann-file", str(annotations), "--work-dir", str(folders[0])]
    assert main(["plan", *WORDS, *options]) == 0
    out = capsys.readouterr().out
    assert out.count("cached ") == 3
    assert "3 runs, 3 cached\n" in out
    next(folders[0].glob(f"runs/*/{RESULT}")).unlink()
    assert main(["plan", *WORDS, *options]) == 0
    out = capsys.readouterr().out
    assert out.count("missing ") >= 1
    assert "3 runs, 2 cached; 1 missing, expected " in out
    assert "GB free" in out


def test_plan_shows_shared_trainings(tmp_path, capsys) -> None:
    words = ["plan", "gog/table2", "--evidence", "training", "--work-dir"]
    assert main([*words, str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.count("(training)") == 4
    assert out.count("(inference), after 1:") == 3
    assert "10 runs, 0 cached; 10 missing, expected 0 s and 10 of unknown" in out
    assert not (tmp_path / "runs").exists() or not list(tmp_path.glob("runs/*"))
