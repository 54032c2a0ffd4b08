"""Splits of one folder keep their images apart, whatever the family."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmsia.datasets.simulated.families import FAMILIES, load_family
from mmsia.files import sha256_file


@pytest.mark.parametrize("name", FAMILIES)
def test_a_second_split_leaves_the_first_as_it_was(name: str, tmp_path: Path) -> None:
    write = load_family(name).write
    write(tmp_path, 2, 1, preset="smoke", split="train")
    before = {path: sha256_file(path) for path in tmp_path.rglob("*.jpg")}
    write(tmp_path, 2, 2, preset="smoke", split="val")
    after = {path: sha256_file(path) for path in tmp_path.rglob("*.jpg")}
    assert len(after) == 2 * len(before)
    assert before.items() <= after.items()
