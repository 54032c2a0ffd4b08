"""A codec in the laboratory: its upper bound, and its curves over degraded maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mmsia.bench.data import expect_coco
from mmsia.bench.degradation import KINDS
from mmsia.bench.laboratory import LEVELS, CurvePoint, degradation_curves
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.settings import build_codec
from mmsia.bench.upper_bound import measure_upper_bound


def measure_laboratory(request: Request) -> Measurement:
    """The upper bound with its interval, then AP at every level of damage.

    Args:
        request: Codec, annotations and seeds.
    """
    total = 1 + sum(1 + len(LEVELS[kind]) for kind in KINDS)
    clean = measure_upper_bound(replace(request, on_progress=_ignore))
    points: list[Mapping[str, Any]] = []
    request.on_progress(1, total)

    def advance(point: CurvePoint) -> None:
        points.append(
            {"kind": point.kind, "level": point.level, "ap": point.ap, "ar": point.ar}
        )
        request.on_progress(1 + len(points), total)

    data = expect_coco(request.data)
    degradation_curves(
        replace(data.truth, images=data.records),
        {"codec": build_codec(request.settings)},
        seed=request.seed,
        num_workers=request.num_workers,
        on_point=advance,
    )
    return replace(clean, curves=tuple(points))


def _ignore(done: int, total: int) -> None:
    """The upper bound counts as one step of the laboratory."""
