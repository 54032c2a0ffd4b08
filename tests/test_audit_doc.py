"""What pages of methods say of the audit is what the audit says."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from mmsia.paths import project_root


@pytest.mark.parametrize("paper", ["gog", "siagcn", "klpnet", "cganet", "dir"])
def test_numbers_of_the_audit(paper):
    text = (project_root() / "docs" / f"{paper}.md").read_text(encoding="utf-8")
    section = text.partition(f"## What `mmsia audit {paper}` says\n")[2]
    section = " ".join(section.partition("\n## ")[0].split())
    said = subprocess.run(
        [sys.executable, "-m", "mmsia", "audit", paper],
        cwd=project_root(),
        capture_output=True,
        text=True,
    ).stdout
    tallies = re.findall(r"(\d+) (derived cells|statements) recomputed, (\d+)", said)
    assert len(tallies) == 2
    for total, what, agreeing in tallies:
        if total != "0":
            assert f"{total} {what} recomputed, {agreeing} agree" in section
    numbers = set(re.findall(r"(?<![\w.])\d+\.\d+|\b\d{4}\b", section))
    for number in numbers:
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", said), number
    for name in re.findall(r"`([a-z0-9-]+)`", section):
        assert name in said
