"""Which weights of its trainings a row is scored with, where these chose among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mmsia.bench.store import StoredRun

_ENDS = {"greater": "highest", "less": "lowest"}


def selected_lines(trainings: Iterable[StoredRun | None]) -> list[tuple[str, str]]:
    """A line for a row's fold-out; none where the last step's weights are scored.

    Args:
        trainings: Behind the row's runs, one a seed; None where one is not at hand.
    """
    chosen = [t.result["selected"] for t in trainings if t and "selected" in t.result]
    if not chosen:
        return []
    first = chosen[0]
    about = (
        f"of the {_ENDS[first['rule']]} {first['score']} on {first['num_images']} "
        "validation images, none of which is tested on"
    )
    return [("weights", f"{about}: {'; '.join(map(_place, chosen))}")]


def _place(one: Mapping[str, Any]) -> str:
    step = f"step {one['step']}"
    place = step if one["epoch"] is None else f"epoch {one['epoch']}, {step}"
    return f"{one['value']:.6g} after {place} (of {one['num_validations']} validations)"
