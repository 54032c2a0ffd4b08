"""How long runs took before, for the time that is left."""

from __future__ import annotations

import statistics
from collections import defaultdict

from mmsia.bench.spec import RunSpec
from mmsia.bench.store import PROVENANCE, Store
from mmsia.errors import DataError
from mmsia.files import read_json


class Durations:
    """Past durations of one work folder; new ones are added as runs end.

    Args:
        store: The runs of the work folder.
    """

    def __init__(self, store: Store) -> None:
        self._seconds: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for key in store.keys():
            try:
                source = read_json(store.folder / key / PROVENANCE)
                # Runs of earlier versions do not say what they measured.
                self._add(
                    source.get("measure", ""),
                    source["config"],
                    source.get("scale", ""),
                    float(source["seconds"]),
                )
            except (DataError, KeyError, TypeError, ValueError, AttributeError):
                continue

    def add(self, spec: RunSpec, seconds: float) -> None:
        """Learn from a run that ended well.

        Args:
            spec: The run.
            seconds: What it took.
        """
        self._add(spec.measure, spec.config, str(spec.scale), seconds)

    def expected(self, spec: RunSpec) -> float | None:
        """Seconds that a run may take: as the same config, else as its kind, did.

        Args:
            spec: The run.
        """
        for name in (
            (spec.measure, spec.config, str(spec.scale)),
            (spec.measure, str(spec.scale)),
        ):
            if self._seconds[name]:
                return statistics.median(self._seconds[name])
        return None

    def _add(self, measure: str, config: str, scale: str, seconds: float) -> None:
        self._seconds[(measure, config, scale)].append(seconds)
        self._seconds[(measure, scale)].append(seconds)


def format_seconds(seconds: float | None) -> str:
    """A time for people: `8 s`, `3 min`, `2.5 h`, or `?` if it is unknown.

    Args:
        seconds: The time.
    """
    if seconds is None:
        return "?"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
