"""One table by every executor, as a user asks for it: the same cells."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest

from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.paths import project_root

OPTIONS = {
    "local": (),
    "torchrun": ("--executor-option", "processes=2"),
    "ray": (),
    "slurm": ("--executor-option", "cluster=local"),
}


@pytest.mark.slow
def test_all_executors_give_the_same_cells(tmp_path) -> None:
    for package in ("ray", "submitit"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    path = write_crowds(tmp_path / "data", 4, 3, with_images=False)
    cells = {}
    for name, options in OPTIONS.items():
        words = ["reproduce", "gog/upper-bounds", "--ann-file", path, "--jobs", "2"]
        words += ["--work-dir", tmp_path / name, "--executor", name, *options]
        done = subprocess.run(
            [sys.executable, "-m", "mmsia", *map(str, words)],
            cwd=project_root(),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        report = tmp_path / name / "report" / "results.json"
        cells[name] = json.loads(report.read_text())["cells"]
    assert len(cells["local"]) == 3
    assert all(cell["value"] is not None for cell in cells["local"])
    assert all(cells[name] == cells["local"] for name in OPTIONS)
