"""`mmsia plan [ID...]`: the runs behind the tables, before any of them is made."""

from __future__ import annotations

import argparse
import shutil
from typing import TYPE_CHECKING

from mmsia.cli.running import (
    add_executor_options,
    add_plan_options,
    plan_of,
    read_plan_options,
)

if TYPE_CHECKING:
    from mmsia.bench.durations import Durations
    from mmsia.bench.plan import Plan
    from mmsia.bench.recipe import CatalogueEntry
    from mmsia.bench.spec import RunSpec
    from mmsia.bench.store import Store, StoredRun
    from mmsia.cli.running import Asked

HELP = "the runs behind the tables: what is cached, expected time, disk"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help="tables or papers (none: all tables)"
    )
    add_plan_options(parser)
    add_executor_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print each run with what it needs, and the sum."""
    from mmsia.bench.durations import Durations
    from mmsia.bench.recipe import choose_tables, load_catalogue
    from mmsia.bench.store import Store

    entries = choose_tables(load_catalogue(), args.ids)
    asked = read_plan_options(args, entries)
    plan = plan_of(args, entries, asked)
    store = Store(args.work_dir / "runs")
    found = look_up(plan, store)
    for number, spec in enumerate(plan.runs, start=1):
        print(_line(number, spec, plan, found[spec.key]))
    _print_sum(plan, found, store, Durations(store))
    _print_effects(plan, entries, asked)
    without = [row for row in plan.rows if not row.runs]
    if without:
        print(f"{len(without)} rows have no run here: `mmsia list ID` tells why")
    return 0


def look_up(plan: Plan, store: Store) -> dict[str, StoredRun | None]:
    """What the store holds of a plan, by the plan's keys.

    Args:
        plan: The plan.
        store: The store.
    """
    found: dict[str, StoredRun | None] = {}
    for spec in plan.runs:
        resolved = spec
        if spec.start is not None:
            before = found[spec.start]
            if before is None or before.weights is None:
                found[spec.key] = None
                continue
            resolved = spec.with_weights(before.weights.digest)
        found[spec.key] = store.load(resolved.key)
    return found


def _print_effects(plan: Plan, entries: list[CatalogueEntry], asked: Asked) -> None:
    from mmsia.bench.power import planned_effects

    scale, num_groups = asked.options.scale, asked.data.num_groups
    found = planned_effects(plan, entries, scale, num_groups)
    for effects in found.values():
        for claim, effect in effects.items():
            print(f"claim {claim}: effects from {effect:.2f} on would be detected")


def _line(number: int, spec: RunSpec, plan: Plan, stored: StoredRun | None) -> str:
    from mmsia.cli.progress import name_of

    state = "missing" if stored is None else "cached "
    keys = [run.key for run in plan.runs]
    after = "" if spec.start is None else f", after {keys.index(spec.start) + 1}"
    rows = "; ".join(plan.rows_of(spec.key))
    return f"{number:>3} {state} {spec.key} {name_of(spec)}{after}: {rows}"


def _print_sum(
    plan: Plan,
    found: dict[str, StoredRun | None],
    store: Store,
    durations: Durations,
) -> None:
    from mmsia.bench.durations import format_seconds

    missing = [spec for spec in plan.runs if found[spec.key] is None]
    times = [durations.expected(spec) for spec in missing]
    known = [time for time in times if time is not None]
    text = f"{len(plan.runs)} runs, {len(plan.runs) - len(missing)} cached"
    if missing:
        text += f"; {len(missing)} missing, expected {format_seconds(sum(known))}"
        if len(known) < len(times):
            text += f" and {len(times) - len(known)} of unknown duration"
    print(text)
    sizes = [_size(store, run.key) for run in found.values() if run is not None]
    used, to_come = sum(sizes), sum(sizes) / max(len(sizes), 1) * len(missing)
    free = shutil.disk_usage(_existing(store)).free
    print(
        f"disk: {used / 1e6:.1f} MB in use, about {to_come / 1e6:.1f} MB to come at "
        f"the size of what is there, {free / 1e9:.1f} GB free"
    )


def _size(store: Store, key: str) -> int:
    folder = store.folder / key
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _existing(store: Store) -> str:
    folder = store.folder.resolve()
    while not folder.exists():
        folder = folder.parent
    return str(folder)
