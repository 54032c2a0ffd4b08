"""The campaign from its list of steps to a report of what came home in archives."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mmsia.bench.recipe import load_catalogue
from mmsia.bench.scripts import load_script
from mmsia.bench.terms import Evidence
from mmsia.cli.main import main
from mmsia.paths import project_root

SCRIPT = project_root() / "reproduce" / "campaign.py"
STEPS = yaml.safe_load(SCRIPT.with_suffix(".yaml").read_text())["steps"]


def test_every_table_that_is_trained_or_timed_is_in_it() -> None:
    catalogue = load_catalogue()
    assert all(table in catalogue for step in STEPS for table in step["tables"])
    timed = {t for s in STEPS if s.get("evidence") == "efficiency" for t in s["tables"]}
    assert timed == {
        name for name, entry in catalogue.items() if entry.recipe.efficiency
    }
    trained = {t for step in STEPS if "evidence" not in step for t in step["tables"]}
    runnable = {
        name
        for name, entry in catalogue.items()
        if entry.recipe.evidence is Evidence.TRAINING
        and any(
            Evidence.TRAINING in row.evidence and row.reason is None
            for row in entry.recipe.rows.values()
        )
    }
    assert trained == runnable


@pytest.fixture
def campaign(tmp_path: Path):
    """Run the script on one quick step."""
    steps = tmp_path / "steps.yaml"
    steps.write_text(yaml.safe_dump({"steps": [{"tables": ["siagcn/complexity"]}]}))

    def run(name: str, *words: str) -> subprocess.CompletedProcess:
        own = [
            "--work-dir",
            str(tmp_path / name),
            "--out",
            str(tmp_path / f"{name}-out"),
        ]
        own += ["--steps", str(steps), "--scale", "smoke", *words]
        return subprocess.run(
            [sys.executable, str(SCRIPT), *own],
            capture_output=True,
            text=True,
            cwd=project_root(),
        )

    return run


@pytest.mark.slow
def test_from_the_steps_to_the_report_of_its_archives(campaign, tmp_path) -> None:
    first = campaign("first", "--budget", "5m")
    assert first.returncode == 0, first.stdout + first.stderr
    archive = tmp_path / "first-out" / "runs-001.tar.gz"
    assert (tmp_path / "first-out" / "report.tar.gz").is_file()
    again = campaign("second", "--budget", "5m", "--have", str(archive))
    assert again.stdout.count("nothing to do") == 2
    assert main(["merge", str(archive), "--into", str(tmp_path / "home")]) == 0
    assert main(["report", str(tmp_path / "home")]) == 0
    results = [
        json.loads((tmp_path / name / "report" / "results.json").read_text())["cells"]
        for name in ("first", "home")
    ]
    assert results[0] == results[1]
    assert sum(cell["value"] is not None for cell in results[0]) == 4


@pytest.mark.slow
def test_without_time_no_step_begins(campaign) -> None:
    found = campaign("none", "--budget", "40s")
    assert "no time for siagcn/complexity" in found.stdout
    assert found.returncode == 1  # there is nothing to pack
    assert campaign("none", "--budget", "soon").returncode == 2


def test_a_step_is_one_command() -> None:
    module = load_script(SCRIPT, "words_of", object)
    args = argparse.Namespace(work_dir=Path("w"), scale="mini", jobs=3)
    words = module({"tables": ["a/b", "c/d"], "evidence": "efficiency"}, args, 61.6)
    assert " ".join(words) == (
        "reproduce a/b c/d --work-dir w --scale mini --jobs 3 --budget 62s "
        "--printed-only --no-report --evidence efficiency"
    )
