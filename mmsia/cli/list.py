"""`mmsia list`: what there is to reproduce, and what is missing to do it here."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from itertools import groupby
from typing import Any

HELP = "papers, tables, rows, evidence, and what is missing to run each here"

_ORDER = (
    *("training", "inference", "oracle", "structure", "efficiency"),
    *("needs-server", "derived", "external"),
)
ELSEWHERE = set(_ORDER[-3:])
"""Why a row is no run's: whatever evidence it could give is not counted."""
LEGEND = """\
training      runs at --scale smoke and mini on simulated data, at --scale paper with
              --data-root; inference takes --checkpoint TABLE/ROW=FILE instead
oracle        runs here: annotations in place of a network (--data-root, --ann-file)
structure     runs here: parameters and multiply-adds, counted
efficiency    runs here: speed and memory on this device
external      another group's method and weights
derived       computed from other rows
needs-server  COCO's test server alone knows the answers

`mmsia list ID...` shows rows of tables or papers, `mmsia reproduce ID` runs them."""

HOW = """\
A row that trains does so at --scale smoke and mini on simulated data, at --scale paper
on the paper's (--data-root D); `mmsia train CONFIG` trains it alone. Oracle evidence
takes COCO's annotations by --data-root or --ann-file, and simulated crowds without."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help="tables or papers, row by row (none: a line for each table)",
    )
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Print the catalogue, or the part that is named."""
    from mmsia.bench.recipe import choose_tables, load_catalogue

    entries = choose_tables(load_catalogue(), args.ids)
    tables = [_table(entry) for entry in entries]
    if args.json:
        print(json.dumps({"schema": 1, "tables": tables}, indent=1))
    elif args.ids:
        _print_rows(tables)
    else:
        _print_tables(tables)
    return 0


def _table(entry: Any) -> dict[str, Any]:
    from mmsia.bench.plan import why_not
    from mmsia.bench.scales import load_scales
    from mmsia.bench.terms import Reason, Scale

    tiny = load_scales(entry.table.id.partition("/")[0]).declares(Scale.SMOKE)
    hint = "; `--scale smoke` trains a tiny one" if tiny else ""

    def own(name: str) -> dict[str, Any]:
        recipe = entry.recipe.every_row[name]
        missing = {
            str(evidence): ": ".join(why)
            + (hint if why[0] is Reason.NEEDS_TRAINING else "")
            for evidence in recipe.evidence or (entry.recipe.evidence,)
            if (why := why_not(recipe, evidence)) is not None
        }
        return {
            "id": name,
            "config": recipe.config,
            "evidence": [str(evidence) for evidence in recipe.evidence],
            "missing": missing,
        }

    rows = [
        own(row.id) | {"label": row.label, "kind": row.kind, "published": row.values}
        for row in entry.table.rows
    ]
    return {
        "id": entry.table.id,
        "paper": entry.paper.paper.title,
        "title": entry.table.title,
        "evidence": str(entry.recipe.evidence),
        "columns": [
            {"name": c.name, "metric": c.metric, "unit": c.unit}
            for c in entry.table.columns
        ],
        "rows": rows,
        "beside": [
            own(name) | {"about": recipe.about}
            for name, recipe in entry.recipe.beside.items()
        ],
    }


def _state(row: dict[str, Any]) -> str:
    """What a row gives here, and with what, or why it gives nothing."""
    runnable = [e for e in row["evidence"] if e not in row["missing"]]
    parts = [f"runs here: {', '.join(runnable)}"] if runnable else []
    reasons = {e: why.partition(":")[0] for e, why in row["missing"].items()}
    if reasons.get("training") == "needs-training":
        parts.append(f"trains {row['config']}")
    return "; ".join(parts) or next(iter(row["missing"].values()))


def _print_tables(tables: list[dict[str, Any]]) -> None:
    """A line a table."""
    width = max(len(table["id"]) for table in tables) + 2
    for paper, own in groupby(tables, key=lambda table: table["paper"]):
        print(f"{paper}\n")
        for table in own:
            rows = table["rows"]
            count = f"{len(rows)} row{'s' if len(rows) > 1 else ''}"
            print(f"  {table['id']:<{width}}{count:>7}: {_kinds(rows)}")
        print()
    print(LEGEND)


def _kinds(rows: list[dict[str, Any]]) -> str:
    """How many rows give which evidence, and why the others give none."""
    kinds: Counter[str] = Counter()
    for row in rows:
        reasons = {why.partition(":")[0] for why in row["missing"].values()}
        kinds.update(reasons & ELSEWHERE or row["evidence"])
    ordered = sorted(kinds.items(), key=lambda item: _ORDER.index(item[0]))
    return ", ".join(f"{number} {kind}" for kind, number in ordered)


def _print_rows(tables: list[dict[str, Any]]) -> None:
    """Every row with what it gives here, or what is missing."""
    for paper, own in groupby(tables, key=lambda table: table["paper"]):
        print(paper)
        for table in own:
            _print_table(table)
    print(f"\n{HOW}")


def _print_table(table: dict[str, Any]) -> None:
    columns = ", ".join(column["name"] for column in table["columns"])
    print(f"\n{table['id']}  [{columns}]  evidence: {table['evidence']}")
    print(f"  {table['title']}")
    width = max(len(row["id"]) for row in table["rows"]) + 2
    for row in table["rows"]:
        print(f"    {row['id']:<{width}}{_state(row)}")
    for row in table["beside"]:
        print(f"    beside: {row['id']}: {row['about']}; {_state(row)}")
