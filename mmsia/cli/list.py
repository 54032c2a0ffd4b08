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
    rows = []
    for row in entry.table.rows:
        recipe = entry.recipe.rows[row.id]
        missing = {
            str(evidence): ": ".join(why)
            + (hint if why[0] is Reason.NEEDS_TRAINING else "")
            for evidence in recipe.evidence or (entry.recipe.evidence,)
            if (why := why_not(recipe, evidence)) is not None
        }
        rows.append(
            {
                "id": row.id,
                "label": row.label,
                "kind": row.kind,
                "config": recipe.config,
                "variants": list(recipe.variants),
                "evidence": [str(evidence) for evidence in recipe.evidence],
                "missing": missing,
                "published": row.values,
            }
        )
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
        "unprinted": dict(entry.recipe.unprinted),
    }


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
            runnable = [e for e in row["evidence"] if e not in row["missing"]]
            if runnable:
                state = f"runs here: {', '.join(runnable)}"
            else:
                state = next(iter(row["missing"].values()))
            print(f"    {row['id']:<{width}}{state}")
        for config, why in table["unprinted"].items():
            print(f"    in no row: {config}: {why}")
    print("\nRun a table with `mmsia reproduce ID`; oracle evidence takes COCO's")
    print("annotations by --data-root or --ann-file, and simulated crowds without.")
