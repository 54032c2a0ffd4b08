from __future__ import annotations

import sys

import pytest

from mmsia import environment
from mmsia.environment import Package, examine


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Put a module `fakepart` with the given code on the path."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(code):
        (tmp_path / "fakepart.py").write_text(code)
        sys.modules.pop("fakepart", None)

    yield write
    sys.modules.pop("fakepart", None)


@pytest.fixture
def recorded(monkeypatch):
    """Let pip have a record of `fake-part` 1.0."""
    monkeypatch.setattr(environment, "installed_version", lambda _package: "1.0")


PART = Package("fakepart", ("fake-part",), ("--no-deps",))


def test_not_installed():
    finding = examine(PART, {"fake-part": "2.0"})
    assert (finding.status, finding.fatal) == ("missing", True)
    assert finding.mend.endswith("-m pip install --no-deps fake-part==2.0")


def test_installed_in_the_verified_version(module, recorded):
    module("")
    finding = examine(PART, {"fake-part": "1.0"})
    assert (finding.status, finding.detail, finding.mend) == ("ok", "1.0", None)


def test_installed_in_another_version(module, recorded):
    module("")
    assert examine(PART, {"fake-part": "2.0"}).detail == "1.0 (verified with 2.0)"


def test_present_without_metadata(module):
    module("")
    assert examine(PART, {}).detail == "without metadata"


def test_does_not_import(module, recorded):
    module("raise OSError('libGL.so.1: cannot open\\nsecond line')")
    finding = examine(PART, {})
    assert finding.status == "broken"
    assert finding.detail == "1.0, does not import: OSError: libGL.so.1: cannot open"


def test_lacks_a_known_package_gets_that_ones_line(module, recorded, monkeypatch):
    monkeypatch.setitem(sys.modules, "xtcocotools", None)
    module("import xtcocotools")
    finding = examine(PART, {"xtcocotools": "1.14.3"})
    assert "needs xtcocotools, which is missing" in finding.detail
    assert "--no-binary=xtcocotools xtcocotools==1.14.3" in finding.mend


def test_lacks_an_unknown_package(module, recorded):
    module("import no_such_thing.inner")
    finding = examine(PART, {})
    assert "needs no_such_thing" in finding.detail
    assert finding.mend.endswith("pip install no-such-thing")


def test_optional_parts_are_never_fatal():
    assert not examine(Package("fakepart", ("fake-part",), mandatory=False), {}).fatal


def test_pins_are_those_of_the_constraints():
    pins = environment.pinned_versions()
    assert pins["numpy"].startswith("2.") and "mmpose" in pins
    assert all(part.distributions[0] in pins for part in environment.PACKAGES)


def test_two_distributions_of_one_module_are_named_with_the_line_that_parts_them(
    monkeypatch,
):
    there = {"onedl-mmcv", "mmcv", "mmdet"}
    monkeypatch.setattr(environment, "has_record", there.__contains__)
    (found,) = environment.examine_owners()
    assert found.name == "onedl-mmcv" and not found.fatal
    assert "onedl-mmcv and mmcv share the module mmcv" in found.detail
    remove, again = found.mend.split(" && ")
    assert remove.endswith("pip uninstall -y mmcv")
    assert "--force-reinstall --no-deps onedl-mmcv==" in again


def test_here_every_module_has_one_distribution():
    assert list(environment.examine_owners()) == []
