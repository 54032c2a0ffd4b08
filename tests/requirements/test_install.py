from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def install(tmp_path, monkeypatch):
    """requirements/install.py on a copy of its inputs in an empty folder."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "setup.py", tmp_path)
    path = tmp_path / "requirements" / "install.py"
    spec = importlib.util.spec_from_file_location("install", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "install", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pip(install, monkeypatch):
    """Record what pip is asked for; `fail` names the stage that fails."""
    calls = []

    def record(stage, _number):
        calls.append(stage.name)
        return stage.name != pip_fails.get("stage")

    pip_fails: dict[str, str] = {}
    monkeypatch.setattr(install, "install", record)
    return calls, pip_fails


def names(path: Path) -> list[str]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def test_every_listed_package_has_one_pin():
    pins = names(ROOT / "requirements" / "constraints.txt")
    assert all(pin.count("==") == 1 for pin in pins)
    pinned = [pin.split("==")[0].lower() for pin in pins]
    assert len(set(pinned)) == len(pinned)
    for path in (ROOT / "requirements").glob("*.txt"):
        if path.name != "constraints.txt":
            missing = [name for name in names(path) if name.lower() not in pinned]
            assert not missing, f"{path.name}: {missing}"


def test_every_list_is_installed_by_a_stage(install):
    words = {word for stage in install.STAGES for word in stage.args}
    for path in (ROOT / "requirements").glob("*.txt"):
        assert f"requirements/{path.name}" in words


def test_setup_does_not_require_what_cannot_be_resolved():
    done = subprocess.run(
        [sys.executable, "setup.py", "--name", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["mmsia", "0.1.0"]
    text = (ROOT / "requirements" / "base.txt").read_text()
    assert "mmpose" not in text and "mmcv" not in text


def test_digest_follows_content_and_not_time(install):
    before = install.digest()
    for path in install.ROOT.rglob("*.txt"):
        os.utime(path, (0, 0))
    assert install.digest() == before
    with (install.ROOT / "requirements" / "dev.txt").open("a") as file:
        file.write("# one more\n")
    assert install.digest() != before


def test_second_call_installs_nothing_and_a_change_installs_again(install, pip):
    calls, _ = pip
    assert install.main() == 0
    assert calls == [stage.name for stage in install.STAGES]
    assert install.main() == 0
    assert len(calls) == len(install.STAGES)
    (install.ROOT / "setup.py").write_text("# changed\n")
    assert install.main() == 0
    assert len(calls) == 2 * len(install.STAGES)
    assert len(list(install.VENV.glob(f"{install.STAMP}*"))) == 1


def test_failed_stage_stops_and_the_next_call_goes_on(install, pip):
    calls, fails = pip
    fails["stage"] = install.STAGES[2].name
    assert install.main() == 1
    assert len(calls) == 3
    assert not list(install.VENV.glob(f"{install.STAMP}*"))
    fails.clear()
    assert install.main() == 0
    assert len(calls) == 3 + len(install.STAGES)


def test_broken_venv_is_made_anew(install, pip):
    (install.VENV / "bin").mkdir(parents=True)
    (install.VENV / "bin" / "python").write_text("half")
    assert not install.usable(install.VENV)
    assert install.main() == 0
    assert install.usable(install.VENV)


@pytest.mark.parametrize("damage", ["record", "file", "size", "none"])
def test_half_installed_packages_are_forgotten(install, tmp_path, damage):
    site = tmp_path / "site-packages"
    info = site / "thing-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "~hing").mkdir()
    (site / "thing.py").write_text("a = 1\n")
    (info / "METADATA").write_text("Name: thing\n")
    record = "thing.py,sha256=x,6\n__pycache__/thing.cpython-311.pyc,,\n"
    (info / "RECORD").write_text(record)
    if damage == "record":
        (info / "RECORD").unlink()
    elif damage == "file":
        (site / "thing.py").unlink()
    elif damage == "size":
        (site / "thing.py").write_text("a =")
    expected = [] if damage == "none" else ["thing-1.0"]
    assert install.forget_broken(site) == expected
    assert info.exists() == (damage == "none")
    assert not (site / "~hing").exists()


def test_other_python_is_a_clear_error(install, monkeypatch, capsys):
    monkeypatch.setattr(install.sys, "version_info", (3, 10, 2))
    assert install.main() == 2
    err = capsys.readouterr().err
    assert "expected Python 3.11 or 3.12, got 3.10" in err and "PYTHON=" in err


def test_make_without_a_suitable_python_says_so(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for tool in ("sh", "bash", "echo", "test"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    done = subprocess.run(
        [shutil.which("make"), "setup"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "expected Python 3.11 or 3.12" in done.stderr


@pytest.mark.parametrize("target", ["setup", "test", "reproduce", "check"])
def test_targets_begin_with_the_set_up(target):
    done = subprocess.run(
        ["make", "-n", target], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "requirements/install.py" in done.stdout


def test_failing_stage_prints_pips_words_and_the_hint(install, monkeypatch, capsys):
    monkeypatch.setattr(install, "VENV", Path(sys.prefix))
    stage = install.Stage("a thing", ("--no-index", "no-such-thing-here"), "Mend it.")
    assert not install.install(stage, "1/1")
    out, err = capsys.readouterr()
    assert out.startswith("set-up: 1/1 a thing ")
    assert "no-such-thing-here" in err
    assert "a thing failed. Mend it." in err
