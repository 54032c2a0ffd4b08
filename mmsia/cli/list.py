"""`mmsia list`: what there is to reproduce, and what is missing to do it here."""

from __future__ import annotations

import argparse
import json
from typing import Any

HELP = "papers, tables, rows, evidence, and what is missing to run each here"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Print the catalogue."""
    from mmsia.bench.recipe import load_catalogue

    tables = [_table(entry) for entry in load_catalogue().values()]
    if args.json:
        print(json.dumps({"schema": 1, "tables": tables}, indent=1))
    else:
        _print(tables)
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
    runnable = [e for e in row["evidence"] if e not in row["missing"]]
    if runnable:
        return f"runs here: {', '.join(runnable)}"
    return next(iter(row["missing"].values()))


def _print(tables: list[dict[str, Any]]) -> None:
    paper = None
    for table in tables:
        if table["paper"] != paper:
            paper = table["paper"]
            print(paper)
        columns = ", ".join(column["name"] for column in table["columns"])
        print(f"\n{table['id']}  [{columns}]  evidence: {table['evidence']}")
        print(f"  {table['title']}")
        width = max(len(row["id"]) for row in table["rows"]) + 2
        for row in table["rows"]:
            print(f"    {row['id']:<{width}}{_state(row)}")
        for row in table["beside"]:
            print(f"    beside: {row['id']}: {row['about']}; {_state(row)}")
    print("\nRun a table with `mmsia reproduce ID`; oracle evidence takes COCO's")
    print("annotations by --data-root or --ann-file, and simulated crowds without.")
