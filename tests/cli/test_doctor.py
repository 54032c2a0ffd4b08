from __future__ import annotations

import subprocess
import sys

import pytest

from mmsia.cli import doctor
from mmsia.cli.main import main
from mmsia.environment import Finding


@pytest.fixture
def findings(monkeypatch):
    """Let the diagnosis consist of the given findings."""

    def install(*given):
        monkeypatch.setattr(doctor, "diagnose", lambda _root: iter(given))

    return install


def test_everything_there_is_exit_0(findings, capsys):
    findings(
        Finding("torch", "ok", "2.14.1"),
        Finding("samples", "missing", "not a folder", "export X=Y", mandatory=False),
        Finding("disk", "note", "66 GB free", mandatory=False),
    )
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "ok       torch              2.14.1\n" in out
    assert "not a folder (optional)\n         -> export X=Y\n" in out
    assert "Everything that mmsia needs is here." in out


@pytest.mark.parametrize("status", ["missing", "broken"])
def test_a_mandatory_part_that_is_not_right_is_exit_1(findings, capsys, status):
    findings(Finding("mmpose", status, "not installed", "pip install mmpose"))
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "-> pip install mmpose" in out
    assert "mend mmpose" in out and "make setup" in out


def test_here_everything_is_found():
    """The real thing: the environment of the tests is the one of `make setup`."""
    done = subprocess.run(
        [sys.executable, "-m", "mmsia", "doctor"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    for name in ("onedl-mmcv", "mmpose", "xtcocotools", "mmcv._ext", "mmsia.all"):
        assert f" {name} " in done.stdout


def test_a_missing_package_is_named_with_the_line_that_mends_it(tmp_path):
    """The import of xtcocotools fails and pip has no record of it."""
    code = (
        "import sys, importlib.metadata as metadata\n"
        "from mmsia.cli.main import main\n"
        "sys.modules['xtcocotools'] = None\n"
        "real = metadata.version\n"
        "def version(name):\n"
        "    if name == 'xtcocotools':\n"
        "        raise metadata.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "metadata.version = version\n"
        "sys.exit(main(['doctor']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    place = next(i for i, line in enumerate(lines) if " xtcocotools " in line)
    assert lines[place].startswith("missing")
    assert lines[place + 1].endswith(
        "-m pip install --no-deps --no-build-isolation --no-binary=xtcocotools "
        "xtcocotools==1.14.3"
    )
    # What needs it says so too.
    everything = next(line for line in lines if " mmsia.all " in line)
    assert everything.startswith("broken") and "needs xtcocotools" in everything


def test_samples_folder(tmp_path):
    assert doctor.examine_samples(None).status == "note"
    assert doctor.examine_samples(str(tmp_path)).status == "ok"
    wrong = doctor.examine_samples(str(tmp_path / "gone"))
    assert wrong.status == "missing" and "gone" in wrong.detail and not wrong.fatal


def test_data_root(tmp_path):
    (finding,) = doctor.examine_data(tmp_path)
    assert finding.status == "missing" and "val2017" in finding.detail
    for part in doctor.COCO_PARTS:
        path = tmp_path / "coco" / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (finding,) = doctor.examine_data(tmp_path)
    assert finding.status == "ok"


def test_little_disk_space_is_said(tmp_path, monkeypatch):
    usage = doctor.shutil.disk_usage(tmp_path)._replace(free=3 * 10**9)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: usage)
    assert "3 GB free" in doctor.examine_disk(tmp_path).detail
    assert "may not fit" in doctor.examine_disk(tmp_path).detail


def test_unsupported_python_is_broken(monkeypatch):
    assert doctor.examine_python().status == "ok"
    monkeypatch.setattr(doctor.sys, "version_info", (3, 13, 0))
    assert doctor.examine_python().fatal


def test_a_driver_that_torch_cannot_use_is_not_called_a_machine_without_a_gpu(
    tmp_path, monkeypatch
):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    (tmp_path / "version").write_text("NVRM version: 535.104")
    found = doctor.examine_devices(tmp_path / "version")
    assert (found.status, found.fatal) == ("broken", False)
    assert "built for CUDA 13.0, sees no device" in found.detail
    assert "nvidia-smi" in found.mend
    assert doctor.examine_devices(tmp_path / "none").status == "note"


def test_little_shared_memory_is_named_and_enough_is_not(tmp_path, monkeypatch):
    usage = doctor.shutil.disk_usage(tmp_path)
    sizes = iter((64e6, 8e9))
    monkeypatch.setattr(
        doctor.shutil, "disk_usage", lambda _place: usage._replace(free=next(sizes))
    )
    (found,) = doctor.examine_shared_memory(tmp_path)
    assert "0.06 GB" in found.detail and "--shm-size" in found.mend
    assert list(doctor.examine_shared_memory(tmp_path)) == []
    assert list(doctor.examine_shared_memory(tmp_path / "none")) == []
