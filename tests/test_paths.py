from __future__ import annotations

from pathlib import Path

import pytest

from mmsia import paths
from mmsia.errors import MissingPartError


def test_root_is_this_checkout():
    assert paths.project_root() == Path(__file__).resolve().parent.parent


def test_elsewhere_is_an_error_that_tells_how_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "mmsia" / "paths.py"))
    (tmp_path / "configs").mkdir()
    with pytest.raises(MissingPartError, match=r"^reproduce not found.*make setup"):
        paths.project_root()
