"""Places of claims: where one can be tested on runs, its test must find rows there."""

from __future__ import annotations

import pytest

from mmsia.bench.claim_effects import comparisons
from mmsia.bench.claims import PaperClaims, load_all_claims
from mmsia.bench.recipe import CatalogueEntry, load_catalogue

TRAINED = {"oracle", "mini", "paper"}
CATALOGUE = load_catalogue()
PAPERS = {entry.paper.paper.key: entry.paper for entry in CATALOGUE.values()}
CLAIMS = {found.paper: found for found in load_all_claims(PAPERS.values())}


def undecidable(found: PaperClaims, catalogue: dict[str, CatalogueEntry]) -> list[str]:
    """Claims with a place at which no run could ever decide them."""
    lost = []
    for claim in found.claims:
        if not TRAINED.intersection(claim.places):
            continue
        entry = catalogue.get(getattr(claim.test, "table", ""))
        compared = comparisons(claim.test, entry.table) if entry else []
        rows = {row for item in compared for row in (item.first, item.second)}
        columns = {item.column for item in compared}
        if (
            not compared
            or any(not entry.recipe.rows[row].config for row in rows)
            or not columns <= set(entry.recipe.columns)
        ):
            lost.append(claim.id)
    return lost


@pytest.mark.parametrize("paper", ["cganet", "dir", "gog", "klpnet"])
def test_a_claim_that_has_a_place_can_be_decided_there(paper: str) -> None:
    assert undecidable(CLAIMS[paper], CATALOGUE) == []


@pytest.mark.parametrize(
    "lost",
    ["klpnet/detector-beats-yolo", "klpnet/depth-saturates", "cganet/ratio-has-a-peak"],
)
def test_others_rows_and_what_is_no_comparison_are_found(lost: str) -> None:
    found = CLAIMS[lost.split("/")[0]]
    claims = tuple(
        claim.model_copy(update={"places": ("paper",)}) if claim.id == lost else claim
        for claim in found.claims
    )
    changed = found.model_copy(update={"claims": claims})
    assert undecidable(changed, CATALOGUE) == [lost]
