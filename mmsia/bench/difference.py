"""What moved between two work folders, and what changed that may have moved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmsia.bench.session import load_session
from mmsia.bench.store import Store, StoredRun
from mmsia.bench.terms import Status

_ALWAYS_DIFFERENT = ("started", "seconds", "command")


def moved_scores(
    first: Path, second: Path
) -> list[tuple[str, float | None, float | None, list[str]]]:
    """Scores that differ between two work folders.

    Args:
        first: A work folder.
        second: Another one.

    Returns:
        (name, value in the first, value in the second, provenance fields that changed)
        of each table row's score that is not the same in both.

    Raises:
        DataError: If one of them is no work folder.
    """
    ours, theirs = _scores(first), _scores(second)
    moved = []
    for name in sorted({*ours, *theirs}):
        one, other = ours.get(name), theirs.get(name)
        a, b = (one[0] if one else None), (other[0] if other else None)
        if a != b:
            changes = list(changed_fields(one[1], other[1])) if one and other else []
            moved.append((name, a, b, changes))
    return moved


def changed_fields(
    first: Mapping[str, Any], second: Mapping[str, Any], above: str = ""
) -> Iterator[str]:
    """Provenance fields that differ, as `name: before -> after`.

    Args:
        first: A provenance.
        second: Another one.
        above: Name of the field that both are the value of.
    """
    for key in sorted({*first, *second}):
        if not above and key in _ALWAYS_DIFFERENT:
            continue
        one, other = first.get(key), second.get(key)
        name = f"{above}{key}"
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from changed_fields(one, other, f"{name}.")
        elif one != other:
            yield f"{name}: {_short(one)} -> {_short(other)}"


def _scores(work_dir: Path) -> dict[str, tuple[float, dict[str, Any]]]:
    """`table row, score` -> value and the provenance of its run."""
    store = Store(work_dir / "runs")
    found = {}
    for state in load_session(work_dir):
        for row, entry in state.every_row.items():
            keys = entry.runs if entry.status is Status.DONE else ()
            for number, key in enumerate(keys, start=1):
                run = store.load(key)
                if run is None:
                    continue
                seed = f", seed {number} of {len(keys)}" if len(keys) > 1 else ""
                place = f"{state.table} {row} ({state.evidence}{seed})"
                for score, value in _values(run):
                    found[f"{place}, {score}"] = (value, run.provenance)
    return found


def _values(run: StoredRun) -> Iterator[tuple[str, float]]:
    yield from run.result["scores"].items()
    for score, (low, high) in run.result["intervals"].items():
        yield f"{score} from", low
        yield f"{score} to", high


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
