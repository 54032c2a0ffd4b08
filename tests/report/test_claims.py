"""The claims section shows every claim with its verdict or the reason for none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from mmsia.bench.claim_results import ClaimResult
from mmsia.bench.store import Store
from mmsia.bench.terms import CLAIM_MEANINGS, CLAIM_SYMBOLS, ClaimVerdict, Scale
from mmsia.report.claims import claims_views
from mmsia.report.render import render
from mmsia.report.write import write_report

HOLDS = ClaimResult(
    id="gog/x",
    paper="gog",
    statement="More <b>limbs</b> are better.",
    published_supports=False,
    verdict=ClaimVerdict.HOLDS,
    effect=4.25,
    ci_low=3.0,
    ci_high=5.5,
    scale=Scale.MINI,
    reason="oracle, 60 images",
)
NOT_RUN = replace(
    HOLDS,
    id="gog/y",
    published_supports=None,
    verdict=ClaimVerdict.NOT_RUN,
    effect=None,
    ci_low=None,
    ci_high=None,
    scale=None,
    reason="needs trained networks",
)


def test_every_verdict_has_its_own_sign_and_meaning() -> None:
    assert set(CLAIM_SYMBOLS) == set(CLAIM_MEANINGS) == set(ClaimVerdict)
    assert len(set(CLAIM_SYMBOLS.values())) == len(ClaimVerdict)


def test_tested_claims_stand_apart_from_those_not_run() -> None:
    (view,) = claims_views([NOT_RUN, HOLDS])
    assert [claim.id for claim in view.tested] == ["gog/x"]
    assert [claim.id for claim in view.untested] == ["gog/y"]
    assert [claim.id for claim in view.contradicted] == ["gog/x"]
    assert [(v, n) for v, _, n in view.counts] == [("holds", 1), ("not-run", 1)]
    claim = view.tested[0]
    assert (claim.effect, claim.interval) == ("+4.25", "3.0 to 5.5")
    assert (claim.printed, view.untested[0].printed) == ("no", "not stated")


def test_texts_cannot_become_markup() -> None:
    context = {"claims": claims_views([HOLDS, NOT_RUN]), "claim_legend": []}
    page = render("claims.html", context)
    assert "More &lt;b&gt;limbs&lt;/b&gt; are better." in page
    assert "gog/y" in page
    assert "needs trained networks" in page
    text = render("claims.md", context)
    assert text.count("| `gog/") == 2
    assert "<b>" not in text
    assert not render("claims.html", {"claims": []}).strip()


def test_a_report_lists_the_claims_of_its_papers(
    tmp_path: Path, catalogue, make_states
) -> None:
    store = Store(tmp_path / "runs")
    write_report(tmp_path, catalogue, make_states(store), store)
    folder = tmp_path / "report"
    claims = json.loads((folder / "results.json").read_text())["claims"]
    assert len(claims) == 16
    fields = ["id", "paper", "statement", "published_supports", "verdict", "effect"]
    fields += ["ci_low", "ci_high", "scale", "reason"]
    assert list(claims[0])[: len(fields)] == fields
    # Smoke scale decides nothing.
    assert {claim["verdict"] for claim in claims} == {"not-run"}
    reasons = {claim["id"]: claim["reason"] for claim in claims}
    assert "scale smoke" in reasons["gog/more-limbs-raise-the-bound"]
    assert 'id="claims"' in (folder / "index.html").read_text()
    assert "### gog: – 16 not-run" in (folder / "report.md").read_text()
