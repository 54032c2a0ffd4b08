"""`mmsia reproduce`, `report`, `list` and `simulate` as a user calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mmsia.bench.plan import Options
from mmsia.bench.recipe import choose_tables, load_catalogue
from mmsia.bench.terms import Scale, Verdict
from mmsia.cli.main import main
from mmsia.cli.reproduce import _warn_of_days, exit_status
from mmsia.paths import project_root


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder in which tables of a paper were asked for, without data."""
    folder = tmp_path_factory.mktemp("work")
    tables = [f"gog/{name}" for name in ("table2", "table3", "upper-bounds")]
    words = ["reproduce", *tables, "--work-dir", str(folder), "--num-draws", "50"]
    assert main([*words, "--jobs", "2"]) == 0
    return folder


def _cells(folder: Path) -> list[dict]:
    return json.loads((folder / "report" / "results.json").read_text())["cells"]


@pytest.mark.slow
def test_without_ids_and_data_all_tables_are_reported(tmp_path: Path) -> None:
    """What `make reproduce` makes: minutes."""
    words = ["reproduce", "--work-dir", str(tmp_path), "--num-draws", "50"]
    assert main([*words, "--jobs", "2"]) == 0
    cells = _cells(tmp_path)
    assert len({cell["table"] for cell in cells}) == 24
    assert "failed" not in {cell["verdict"] for cell in cells}
    made = {cell["table"].partition("/")[0] for cell in cells if cell["run"]}
    assert made == {"gog", "siagcn", "cganet", "klpnet", "dir"}


def test_a_papers_tables_are_reported_without_data(work: Path) -> None:
    cells = _cells(work)
    assert {cell["table"] for cell in cells if cell["run"]} == {
        *("gog/table2", "gog/upper-bounds"),
    }
    # Networks of a few steps: they prove that the machinery works, and no more.
    trained = [c for c in cells if c["table"] == "gog/table2"]
    assert all(cell["value"] is not None for cell in trained)
    assert {cell["verdict"] for cell in trained} == {"not-comparable"}
    assert all("tiny network after a few steps" in cell["reason"] for cell in trained)
    bounds = [cell for cell in cells if cell["table"] == "gog/upper-bounds"]
    for cell in bounds:
        assert cell["verdict"] == "not-comparable"
        assert 50 < cell["value"] <= 100
        assert cell["ci_low"] < cell["value"] < cell["ci_high"]
    # More limbs find more people, on any crowd.
    assert bounds[0]["value"] < bounds[1]["value"]


def test_again_everything_is_cached_and_the_report_the_same(
    work: Path, capsys: pytest.CaptureFixture
) -> None:
    before = _cells(work)
    words = ["reproduce", "gog/upper-bounds", "--num-draws", "50"]
    assert main([*words, "--work-dir", str(work)]) == 0
    out = capsys.readouterr().out
    assert out.count("cached") == 3
    assert "SIMULATED" in out
    assert out.rstrip().endswith("report/index.html")
    assert _cells(work) == before


def test_without_a_report_the_cells_are_the_same(
    work: Path, capsys: pytest.CaptureFixture
) -> None:
    page = work / "report" / "index.html"
    before = page.stat().st_mtime_ns
    words = ["reproduce", "gog/upper-bounds", "--work-dir", str(work)]
    words += ["--num-draws", "50", "--no-report"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "stride-1" in shown and "Report:" not in shown
    assert page.stat().st_mtime_ns == before
    assert main(words[:-1]) == 0
    again = capsys.readouterr().out
    table = shown[shown.index("gog/upper-bounds") :].strip()
    assert table in again and "Report:" in again


def test_the_table_script_does_the_same(work: Path) -> None:
    before = _cells(work)
    script = project_root() / "reproduce" / "gog" / "upper_bounds.py"
    done = subprocess.run(
        [sys.executable, script, "--work-dir", work, "--num-draws", "50"],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(project_root()), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cached") == 3
    assert _cells(work) == before


def test_report_writes_the_same_page_again(
    work: Path, capsys: pytest.CaptureFixture
) -> None:
    page = work / "report" / "index.html"
    before = page.read_bytes()
    page.unlink()
    assert main(["report", str(work)]) == 0
    assert page.read_bytes() == before
    assert str(page.resolve()) in capsys.readouterr().out


def test_a_damaged_result_is_said_in_one_line_and_made_again(
    work: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture
) -> None:
    before = _cells(work)
    run = next(c["run"] for c in before if c["row"] == "44-limbs")
    path = work / "runs" / run / "result.json"
    path.write_bytes(path.read_bytes()[:-40])
    words = ["reproduce", "gog/upper-bounds", "--num-draws", "50"]
    assert main([*words, "--work-dir", str(work)]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("cached") == 2
    assert captured.err.count("set aside") == 1
    assert path.with_name("result.json.corrupt").is_file()
    assert _cells(work) == before


def test_an_unknown_id_offers_the_closest(capsys: pytest.CaptureFixture) -> None:
    assert main(["reproduce", "gog/uper-bounds"]) == 2
    assert "Closest: gog/upper-bounds" in capsys.readouterr().err


def test_missing_annotations_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    words = ["reproduce", "gog/upper-bounds", "--work-dir", str(tmp_path / "w")]
    assert main([*words, "--data-root", str(tmp_path)]) == 2
    wanted = tmp_path / "coco" / "annotations" / "person_keypoints_val2017.json"
    assert str(wanted) in capsys.readouterr().err
    assert main([*words, "--ann-file", str(tmp_path / "absent.json")]) == 2
    assert "absent.json" in capsys.readouterr().err


def test_a_named_table_of_which_nothing_runs_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["reproduce", "gog/table3", "--work-dir", str(tmp_path)]) == 2
    assert "needs-server" in capsys.readouterr().out
    assert (tmp_path / "report" / "index.html").is_file()


def test_report_of_no_work_folder_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "not a work folder" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--num-draws", "0"], ["--scale", "huge"]])
def test_impossible_options_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["reproduce", "gog/upper-bounds", *words])
    assert caught.value.code == 2


class _Cell:
    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict


@pytest.mark.parametrize(
    ("verdicts", "named", "status"),
    [
        (["match", "skipped"], True, 0),
        (["partial", "better", "inconclusive"], True, 0),
        (["match", "worse"], True, 1),
        (["failed", "skipped"], False, 1),
        (["skipped", "no-reference"], True, 2),
        (["skipped"], False, 0),
    ],
)
def test_exit_status(verdicts: list[str], named: bool, status: int) -> None:
    cells = [_Cell(Verdict(verdict)) for verdict in verdicts]
    assert exit_status(cells, named=named) == status


def test_list_names_every_row_and_what_it_needs(capsys: pytest.CaptureFixture) -> None:
    assert main(["list", "--json"]) == 0
    tables = json.loads(capsys.readouterr().out)["tables"]
    rows = {(t["id"], r["id"]): r for t in tables for r in t["rows"]}
    assert (len(tables), len(rows)) == (24, 143)
    reasons = rows["dir/ablation", "one-stage"]["missing"]
    assert reasons["training"].startswith("needs-training: ")
    assert rows["siagcn/complexity", "10-head-siapose"]["missing"] == {}
    beside = {t["id"]: len(t["beside"]) for t in tables if t["beside"]}
    assert beside == {
        "cganet/table1": 2,
        "gog/table1": 1,
        "gog/table3": 1,
        "klpnet/table3-pck": 3,
        "klpnet/table4": 5,
        "siagcn/table3-panoptic": 1,
        "siagcn/table3-mhp": 1,
        "siagcn/complexity": 6,
    }
    assert rows["gog/upper-bounds", "default"]["missing"] == {}
    assert "mmsia train" in rows["gog/table1", "ours-1"]["missing"]["training"]
    assert rows["gog/table1", "ours-1"]["published"]["fps"] == 27.8


@pytest.mark.parametrize(
    ("scale", "without", "told"),
    [("mini", True, True), ("mini", False, False), ("smoke", True, False)],
)
def test_mini_on_a_processor_is_warned_of(
    capsys: pytest.CaptureFixture, scale: str, without: bool, told: bool
) -> None:
    entries = choose_tables(load_catalogue(), ["gog/table2", "gog/upper-bounds"])
    options = Options(Scale(scale), without_gpu=lambda: without)
    _warn_of_days(entries, options)
    _warn_of_days(entries[1:], replace(options, scale=Scale.MINI))
    assert ("a processor days" in capsys.readouterr().err) is told


def test_list_has_a_line_a_table_and_all_rows_of_what_is_named(
    capsys: pytest.CaptureFixture,
) -> None:
    assert main(["list"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    (server,) = [line for line in lines if line[:1] == ["gog/table3"]]
    assert " ".join(server[1:]) == "7 rows: 4 needs-server, 3 external"
    assert main(["list", "gog/table2", "siagcn"]) == 0
    shown = capsys.readouterr().out
    config = "configs/gog/gog_ablation_dark.py"
    assert f"runs here: oracle; trains {config}" in shown
    assert "beside: cpm: this CPM alone" in shown and "gog/table1" not in shown
    assert main(["list", "gog/table9"]) == 2
    assert "gog/table2" in capsys.readouterr().err


def test_simulate_writes_a_data_root(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    words = ["simulate", "crowds", "--out", str(tmp_path), "--num", "2"]
    assert main(words) == 0
    assert "2 simulated images" in capsys.readouterr().out
    assert len(list((tmp_path / "val2017").iterdir())) == 2
    before = (tmp_path / "annotations/person_keypoints_val2017.json").read_bytes()
    other = tmp_path / "other"
    assert main([*words[:3], str(other), *words[4:], "--no-images"]) == 0
    assert not (other / "val2017").exists()
    after = other / "annotations" / "person_keypoints_val2017.json"
    assert after.read_bytes() == before
