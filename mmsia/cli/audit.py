"""`mmsia audit [PAPER...]`: the papers' own arithmetic, recomputed."""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmsia.bench.recipe import CatalogueEntry

HELP = "recompute every derived published cell; list the papers' own contradictions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "papers", nargs="*", metavar="PAPER", help="keys of papers (none: all)"
    )
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Print what does not add up; findings are no errors."""
    from mmsia.bench.claims import load_all_claims
    from mmsia.bench.recipe import load_catalogue

    catalogue = load_catalogue().values()
    papers = {entry.paper.paper.key: entry.paper for entry in catalogue}
    _check_keys(args.papers, list(papers))
    claims = {f.paper: f.claims for f in load_all_claims(papers.values())}
    records = [
        {
            **_record(papers[key], claims.get(key, ())),
            "findings": _findings(catalogue, key),
        }
        for key in args.papers or papers
    ]
    if args.json:
        print(json.dumps({"schema": 1, "papers": records}, indent=1))
    else:
        _print(records)
    return 0


def _findings(catalogue: Iterable[CatalogueEntry], paper: str) -> list[dict[str, str]]:
    """Printed numbers that table scripts say cannot be."""
    return [
        {"id": f"{entry.table.id}#{cells}", "about": why}
        for entry in catalogue
        if entry.paper.paper.key == paper
        for cells, why in entry.recipe.findings.items()
    ]


def _check_keys(wanted: list[str], known: list[str]) -> None:
    from mmsia.errors import ConfigError

    for key in wanted:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise ConfigError(
                f"there is no paper {key!r}",
                expected=f"one of {', '.join(known)}",
                remedy=f"Closest: {near[0]}" if near else "See `mmsia list`",
            )


def _record(paper: Any, claims: Sequence[Any]) -> dict[str, Any]:
    from mmsia.bench.audit import audit_paper
    from mmsia.bench.claim_prints import published_supports
    from mmsia.bench.marks import audit_marks

    checks = [
        {
            "id": check.id,
            "kind": check.kind,
            "level": str(check.level),
            "about": check.about,
            "printed": float(check.printed),
            "decimals": check.printed.decimals,
            "recomputed": check.recomputed,
            "difference": check.difference,
        }
        for check in audit_paper(paper)
    ]
    marks = [
        {"id": mark.id, "level": mark.level, "about": mark.about}
        for mark in audit_marks(paper)
    ]
    against = [
        {"id": claim.id, "section": claim.section, "statement": claim.statement}
        for claim in claims
        if published_supports(claim, paper) is False
    ]
    return {
        "paper": paper.paper.key,
        "title": paper.paper.title,
        "checks": checks,
        "marks": marks,
        "claims_contradicted": against,
    }


def _print(records: list[dict[str, Any]]) -> None:
    for record in records:
        checks, marks = record["checks"], record["marks"]
        print(f"{record['paper']}: {record['title']}")
        print(f"  {_count(checks, 'cell')}; {_count(checks, 'statement')}")
        for level in ("MISMATCH", "ROUNDING"):
            for check in checks:
                if check["level"] == level:
                    print(f"  {level}  {_line(check)}")
        for mark in marks:
            print(f"  {mark['level']}  {mark['id']}: {mark['about']}")
        for finding in record["findings"]:
            print(f"  FINDING  {finding['id']}: {finding['about']}")
        for claim in record["claims_contradicted"]:
            print(f"  CLAIM  {claim['id']}: {claim['statement']}")
        print()
    found = [check for record in records for check in record["checks"]]
    worst = [check for check in found if check["level"] == "MISMATCH"]
    cells = sum(check["kind"] == "cell" for check in worst)
    print(f"{cells} derived cells and {len(worst) - cells} statements do not add up.")
    print("MISMATCH: no unrounded inputs that print the same give the printed number.")
    print("ROUNDING: off in the last digit, which rounding of the inputs explains.")
    print("BOLD, FALSE: a mark that the numbers or another table contradict.")
    print("FINDING: printed numbers that no network of the paper's text can have.")
    print("CLAIM: a statement (in our words) that the printed numbers contradict.")
    print("The papers were read by OCR: a misread digit would look like a finding.")


def _count(checks: list[dict[str, Any]], kind: str) -> str:
    levels = [check["level"] for check in checks if check["kind"] == kind]
    noun = {"cell": "derived cells", "statement": "statements"}[kind]
    return f"{len(levels)} {noun} recomputed, {levels.count('agrees')} agree"


def _line(check: dict[str, Any]) -> str:
    decimals = check["decimals"]
    more = decimals + 1
    return (
        f"{check['id']}: printed {check['printed']:.{decimals}f}, "
        f"recomputed {check['recomputed']:.{more}f} "
        f"({check['difference']:+.{more}f}; {check['about']})"
    )
