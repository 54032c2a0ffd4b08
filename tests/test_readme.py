"""What the README promises must exist."""

from __future__ import annotations

import re
import subprocess

import pytest

from mmsia.bench.terms import MEANINGS, SYMBOLS
from mmsia.cli.main import VERBS
from mmsia.paths import project_root

ROOT = project_root()
PAGES = ["README.md", "CONTRIBUTING.md", "reports/README.md"]
PAGES += sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    path = project_root() / page
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if not (path.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_and_verbs_exist(page):
    text = (project_root() / page).read_text(encoding="utf-8")
    # In code only: prose may say "make" and mean it.
    code = " ".join(re.findall(r"`+[^`]+`+", text))
    targets = set(re.findall(r"\bmake ([a-z-]+)", code))
    for target in targets:
        done = subprocess.run(
            ["make", "-n", target], cwd=project_root(), capture_output=True
        )
        assert done.returncode == 0, target
    verbs = set(re.findall(r"\bmmsia ([a-z][a-z-]*)", code))
    assert verbs <= set(VERBS), verbs - set(VERBS)


def test_every_verdict_is_explained():
    text = (project_root() / "README.md").read_text(encoding="utf-8")
    for verdict in MEANINGS:
        assert f"{SYMBOLS[verdict]} {verdict}" in text
