"""Sessions as processes of their own, so that real signals can reach them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mmsia.bench.processes import process_start
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.paths import project_root

RUNS = ("coco19-4", "coco44-4", "coco44-1")
PATIENCE = 60.0


class Sessions:
    """Calls of the command line on one work folder.

    Args:
        folder: Gets the work folder, the annotations and the list of runs made.
    """

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.made_file = folder / "made.txt"
        self.annotations = write_crowds(folder / "data", 3, 3, with_images=False)
        self.words = ["reproduce", "gog/upper-bounds", "--num-draws", "10"]
        self._running: list[subprocess.Popen] = []

    def start(self, *options: str, **environment: str) -> subprocess.Popen:
        """Begin a session that leads a group of its own, as a shell would start it."""
        words = [*self.words, "--ann-file", self.annotations, "--work-dir", self.work]
        return self.start_words(*words, *options, **environment)

    def start_words(self, *words: object, **environment: str) -> subprocess.Popen:
        script = Path(__file__).with_name("session.py")
        process = subprocess.Popen(
            [sys.executable, str(script), *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={
                **os.environ,
                "PYTHONPATH": str(project_root()),
                "MADE": str(self.made_file),
                **environment,
            },
        )
        self._running.append(process)
        return process

    def run(self, *options: str, **environment: str) -> tuple[int, str, str]:
        """A whole session: exit status, output and messages."""
        process = self.start(*options, **environment)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def call(self, *words: object) -> tuple[int, str, str]:
        """Another verb."""
        process = self.start_words(*words)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def made(self) -> Counter:
        """How often each run was begun."""
        return Counter(line.split()[0] for line in self._lines())

    def pids(self) -> list[int]:
        """Processes that runs were made in."""
        return [int(line.split()[1]) for line in self._lines()]

    def results(self) -> dict[str, bytes]:
        """Finished runs and their bytes."""
        found = self.work.glob("runs/*/result.json")
        return {path.parent.name: path.read_bytes() for path in found}

    def cells(self) -> list[dict]:
        """Cells of the report."""
        path = self.work / "report" / "results.json"
        return json.loads(path.read_text())["cells"]

    def leftovers(self) -> list[str]:
        """Temporary files and locks that should not be there."""
        return [
            path.name
            for path in self.work.rglob("*")
            if path.name == "lock" or path.name.endswith((".tmp", ".part"))
        ]

    def stop_all(self) -> None:
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _lines(self) -> list[str]:
        if not self.made_file.exists():
            return []
        return self.made_file.read_text().splitlines()


@pytest.fixture
def sessions(tmp_path: Path):
    found = Sessions(tmp_path)
    yield found
    found.stop_all()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The cells of a session that nothing happened to."""
    found = Sessions(tmp_path_factory.mktemp("undisturbed"))
    status, out, err = found.run()
    assert status == 0, out + err
    assert found.made() == dict.fromkeys(found.made(), 1)
    assert len(found.made()) == 3
    return found.cells()


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Whether a process has ended."""
    return process_start(pid) is None


@pytest.fixture
def wait():
    return wait_for


@pytest.fixture
def gone():
    return is_gone
