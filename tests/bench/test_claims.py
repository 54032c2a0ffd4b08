"""Claims as data: every reference is there, and some fail on the print itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mmsia.bench.claim_prints import published_supports
from mmsia.bench.claims import Claim, Measured, load_all_claims, load_claims
from mmsia.bench.published import load_all_published
from mmsia.errors import DataError
from mmsia.paths import project_root

PAPERS = {paper.paper.key: paper for paper in load_all_published()}
GOG = project_root() / "reproduce" / "claims" / "gog.yaml"

CONTRADICTED = {
    "cganet/speed-25.4",
    "cganet/gain-mask-rcnn-8.9",
    "cganet/guider-input-below-24",
    "cganet/separated-half-memory",
    "cganet/separated-2.2x",
    "klpnet/detector-best",
    "klpnet/starmap-78.6",
    "klpnet/gain-starmap-8.0",
    "klpnet/counterparts-category-specific",
    "klpnet/second-stage-2.3",
    "klpnet/lis-helps",
    "klpnet/best-on-objectnet3d",
    "siagcn/consistently-improves-shg",
}


def _supports() -> dict[str, bool | None]:
    return {
        claim.id: published_supports(claim, PAPERS[found.paper])
        for found in load_all_claims(PAPERS.values())
        for claim in found.claims
    }


def test_every_paper_has_its_claims() -> None:
    counts = {f.paper: len(f.claims) for f in load_all_claims(PAPERS.values())}
    assert set(counts) == set(PAPERS)
    assert min(counts.values()) >= 10
    assert sum(counts.values()) == 118


def test_exactly_these_fail_on_the_printed_numbers() -> None:
    supports = _supports()
    assert {key for key, found in supports.items() if found is False} == CONTRADICTED


def test_only_what_is_not_printed_is_left_open() -> None:
    supports = _supports()
    for found in load_all_claims(PAPERS.values()):
        for claim in found.claims:
            unprinted = isinstance(claim.test, Measured) or found.paper == "dir"
            assert (supports[claim.id] is None) is unprinted, claim.id


def test_claims_that_cannot_be_tested_say_why() -> None:
    for found in load_all_claims(PAPERS.values()):
        assert all(claim.reason and claim.budget for claim in found.claims)


def _claim(**test: object) -> Claim:
    return Claim(id="x/y", section="", statement="", reason="r", budget="b", test=test)


DIR = {"table": "dir/interhand", "columns": ["mpjpe"]}
T2 = {"table": "gog/table2", "columns": ["ap"]}


@pytest.mark.parametrize(
    ("paper", "test", "expected"),
    [
        # Lower is better in millimetres.
        ("dir", {"kind": "order", "rows": ["dir-2023", "dir"], **DIR}, True),
        ("dir", {"kind": "order", "rows": ["dir", "dir-2023"], **DIR}, False),
        ("gog", {"kind": "order", "rows": ["ours", "ours"], **T2}, False),
        # 64.4 - 64.1, each known to 0.05.
        *(
            (
                "gog",
                {
                    "kind": kind,
                    "first": "ours",
                    "second": "ours-ro",
                    "value": value,
                    **T2,
                },
                expected,
            )
            for kind, value, expected in (
                ("difference_about", 0.3, True),
                ("difference_about", 0.5, False),
                ("difference_about", 0.1, False),
                ("difference_at_least", 0.1, True),
                ("difference_at_least", 0.5, False),
            )
        ),
        (
            "gog",
            {"kind": "best_in_column", "row": "ours", "among": ["ours", "qnt"], **T2},
            True,
        ),
        (
            "gog",
            {
                "kind": "monotone",
                "rows": ["dark", "qnt", "qnt-ro", "ours"],
                "along": "rows",
                "shape": "rising",
                **T2,
            },
            True,
        ),
        (
            "gog",
            {
                "kind": "monotone",
                "rows": ["qnt", "ours", "ours-ro", "qnt-ro"],
                "along": "rows",
                "shape": "rise-and-fall",
                **T2,
            },
            True,
        ),
        (
            "gog",
            {
                "kind": "monotone",
                "rows": ["ours", "qnt", "ours-ro"],
                "along": "rows",
                "shape": "rise-and-fall",
                **T2,
            },
            False,
        ),
        ("gog", {"kind": "within", "expression": "24 * 1", "high": 24}, False),
        ("gog", {"kind": "within", "expression": "23 * 1", "high": 24}, True),
        ("gog", {"kind": "within", "expression": "table2#ours.ap", "low": 64.4}, True),
        ("gog", {"kind": "within", "expression": "table2#ours.ap", "low": 64.5}, False),
    ],
)
def test_printed_numbers_decide_by_hand(paper, test, expected) -> None:
    assert published_supports(_claim(**test), PAPERS[paper]) is expected


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rows: [ours, qnt]", "rows: [ours, qnnt]", "no row or column 'qnnt'"),
        ("columns: [ap]", "columns: [pa]", "no row or column 'pa'"),
        ("table: gog/table2", "table: gog/table9", "no table 'gog/table9'"),
        ("places: [oracle, paper]", "places: [smoke]", "key 'places'"),
        ("kind: order", "kind: odrer", "key 'test'"),
        ("statement:", "statment:", "key 'statement'"),
        ("id: gog/flip-test-helps", "id: gog/dark-worst", "stands twice"),
        ("paper: gog", "paper: gogh", "nothing is published"),
        ("num_seeds: 3", "num_seeds: 1", "key 'num_seeds'"),
    ],
)
def test_slips_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = GOG.read_text()
    assert old in text
    path = tmp_path / "gog.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(DataError, match=words):
        load_claims(path, PAPERS)


def test_claims_are_plain_yaml() -> None:
    assert yaml.safe_load(GOG.read_text())["paper"] == "gog"
