"""What a run depends on: the files it imports, and no others."""

from __future__ import annotations

from pathlib import Path

import mmsia
from mmsia.bench.measures import MEASURES
from mmsia.bench.sources import source_files, sources_digest

ROOT = Path(mmsia.__file__).parent


def _names(modules: tuple[str, ...]) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in source_files(modules)}


def test_an_oracle_run_depends_on_codec_grouping_and_scoring() -> None:
    names = _names(MEASURES["upper-bound"].all_sources)
    wanted = {
        "codecs/offset_guided_heatmap.py",
        "ops/grouping.py",
        "ops/limbs.py",
        "evaluation/bootstrap.py",
        "evaluation/keypoint_matches.py",
        "bench/oracle.py",
        "bench/upper_bound.py",
    }
    assert wanted <= names


def test_it_does_not_depend_on_reports_or_networks() -> None:
    names = _names(MEASURES["upper-bound"].all_sources)
    assert not {n for n in names if n.startswith(("report/", "cli/", "models/"))}
    assert "bench/compare.py" not in names


def test_foreign_modules_are_left_out_and_imports_in_functions_count() -> None:
    names = _names(("mmsia.bench.data",))
    assert "datasets/simulated/crowds.py" in names
    assert _names(("numpy",)) == set()


def test_the_digest_is_of_the_contents(monkeypatch) -> None:
    modules = ("mmsia.bench.rules",)
    before = sources_digest(modules)
    sources_digest.cache_clear()
    assert sources_digest(modules) == before
    sources_digest.cache_clear()
    monkeypatch.setattr("mmsia.bench.sources.sha256_file", lambda path: "other")
    assert sources_digest(modules) != before
    sources_digest.cache_clear()
