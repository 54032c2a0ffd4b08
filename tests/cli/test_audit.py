"""`mmsia audit` as a user calls it."""

from __future__ import annotations

import json

from mmsia.cli.main import main


def test_findings_are_printed_and_are_no_errors(capsys) -> None:
    assert main(["audit"]) == 0
    out = capsys.readouterr().out
    assert out.count("  MISMATCH  ") == 20
    assert out.count("  BOLD  ") == 3
    assert out.count("  CLAIM  ") == 13
    assert "12 derived cells and 8 statements do not add up." in out
    line = "klpnet/table3-pck#6-dof-sh.mean: printed 82.5, recomputed 80.73 (+1.77;"
    assert line in out


def test_json_holds_every_check_of_the_papers_named(capsys) -> None:
    assert main(["audit", "siagcn", "gog", "--json"]) == 0
    papers = json.loads(capsys.readouterr().out)["papers"]
    assert [paper["paper"] for paper in papers] == ["siagcn", "gog"]
    levels = [check["level"] for check in papers[0]["checks"]]
    assert levels.count("MISMATCH") == 3
    assert {check["level"] for check in papers[1]["checks"]} == {"agrees"}


def test_an_unknown_paper_gets_the_closest_offered(capsys) -> None:
    assert main(["audit", "siagnc"]) == 2
    assert "Closest: siagcn" in capsys.readouterr().err
