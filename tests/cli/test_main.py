from __future__ import annotations

import argparse
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from mmsia import __version__
from mmsia.cli import main as cli
from mmsia.errors import InputError


def make_verb(run):
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--num", type=int, default=7, help="how many")

    return SimpleNamespace(HELP="does it", add_arguments=add_arguments, run=run)


@pytest.fixture
def verb(monkeypatch):
    """Let `mmsia list` run the given function."""

    def install(run):
        monkeypatch.setattr(cli, "load_verb", lambda _verb: make_verb(run))

    return install


def test_overview_names_every_verb_without_heavy_imports():
    code = (
        "import sys; from mmsia.cli.main import main; status = main(['--help']);"
        "heavy = {'torch', 'numpy', 'mmcv', 'mmengine'} & set(sys.modules);"
        "assert not heavy, heavy; sys.exit(status)"
    )
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert all(f"  {verb} " in done.stdout for verb in cli.VERBS)
    # Under one second by itself; the rest is room for a busy machine.
    assert time.monotonic() - start < 5


def test_python_m_mmsia_is_the_same():
    done = subprocess.run(
        [sys.executable, "-m", "mmsia", "--version"], capture_output=True, text=True
    )
    assert done.stdout == f"mmsia {__version__}\n"


def test_no_verb_prints_the_overview_and_could_not_run(capsys):
    assert cli.main([]) == 2
    assert "usage: mmsia VERB" in capsys.readouterr().out


def test_unknown_verb_suggests_the_near_one(capsys):
    assert cli.main(["reprodcue"]) == 2
    assert "Did you mean `mmsia reproduce`?" in capsys.readouterr().err


@pytest.mark.parametrize("status", [0, 1, 2])
def test_status_of_the_verb_is_the_exit_status(verb, status):
    verb(lambda _args: status)
    assert cli.main(["list"]) == status


def test_arguments_reach_the_verb_and_help_prints_defaults(verb, capsys):
    seen = []
    verb(lambda args: seen.append(args.num) or 0)
    assert cli.main(["list", "--num", "3"]) == 0
    assert seen == [3]
    with pytest.raises(SystemExit) as stop:
        cli.main(["list", "--help"])
    assert stop.value.code == 0
    assert "how many (default: 7)" in capsys.readouterr().out


def test_wrong_option_could_not_run(verb):
    verb(lambda _args: 0)
    with pytest.raises(SystemExit) as stop:
        cli.main(["list", "--nonsense"])
    assert stop.value.code == 2


def test_own_errors_are_a_message_and_not_a_traceback(verb, capsys):
    def fail(_args):
        raise InputError("keypoints", expected="(N, 17, 2)", got="(3,)", remedy="Mend.")

    verb(fail)
    assert cli.main(["list"]) == 2
    err = capsys.readouterr().err
    assert err == "mmsia list: keypoints: expected (N, 17, 2), got (3,). Mend.\n"


def test_missing_package_points_to_the_doctor(verb, capsys):
    def fail(_args):
        raise ModuleNotFoundError("No module named 'shapely'", name="shapely.geometry")

    verb(fail)
    assert cli.main(["list"]) == 2
    err = capsys.readouterr().err
    assert "shapely" in err and "mmsia doctor" in err


def test_a_missing_module_of_our_own_is_a_bug_and_shows(verb):
    def fail(_args):
        raise ModuleNotFoundError("No module named 'mmsia.x'", name="mmsia.x")

    verb(fail)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["list"])


def test_interrupt_is_130(verb):
    def interrupt(_args):
        raise KeyboardInterrupt

    verb(interrupt)
    assert cli.main(["list"]) == 130


@pytest.mark.parametrize("name", cli.VERBS)
def test_every_verb_has_its_module_and_its_line(name):
    module = cli.load_verb(name)
    assert cli.VERBS[name] == module.HELP
    assert (
        cli.make_parser(name, module).format_help().startswith(f"usage: mmsia {name}")
    )
    assert callable(module.run)


def test_a_mistyped_option_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["list", "--jso"])
    assert stopped.value.code == 2
    assert "unrecognized arguments: --jso" in capsys.readouterr().err
