"""The way of scoring that a config's evaluator or a stored run names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mmsia.bench.scoring import (
    coco_ap,
    coco_detection,
    coco_segm,
    crop_side_pck,
    hand_mesh,
    object_pck,
    variants,
)
from mmsia.bench.scoring.base import Scoring
from mmsia.bench.scoring.variants import Variants
from mmsia.engine.kinds import kind_of
from mmsia.errors import ConfigError, DataError


def scoring_of(
    evaluators: Any, settings: Iterable[str] = (), scope: str | None = None
) -> tuple[Scoring, dict[str, Any]]:
    """The scoring of a config, and the evaluator that it goes by.

    Args:
        evaluators: `test_evaluator` of a config, one or several.
        settings: Names of the variants that `VariantTestLoop` tests, if it does.
        scope: The config's `default_scope`.

    Raises:
        ConfigError: If none of them is known.
    """
    many = evaluators if isinstance(evaluators, list | tuple) else [evaluators]
    names = tuple(settings)
    for evaluator in many:
        kind = kind_of(evaluator or {}, {"default_scope": scope})
        if kind in _OF_METRIC:
            scoring = _OF_METRIC[kind](evaluator)
            return (Variants(scoring, names) if names else scoring), evaluator
    raise ConfigError(
        "test_evaluator of the config",
        expected=f"one of {', '.join(_OF_METRIC)}",
        got=", ".join(str((each or {}).get("type")) for each in many),
    )


def scoring_named(settings: Mapping[str, Any] | None) -> Scoring:
    """The scoring that a stored run was made with.

    Args:
        settings: `Scoring.settings`; None for runs of before there was a choice.

    Raises:
        DataError: If there is no such scoring.
    """
    name = coco_ap.NAME if settings is None else settings.get("name")
    if name == coco_ap.NAME:
        return coco_ap.CocoAP()
    if name == coco_segm.NAME:
        return coco_segm.CocoSegm()
    if name == coco_detection.NAME and settings is not None:
        return coco_detection.CocoDetection.of(settings)
    if name == crop_side_pck.NAME and settings is not None:
        return _crop_side(settings)
    if name == hand_mesh.NAME and settings is not None:
        return hand_mesh.HandMesh.of(settings)
    if name == object_pck.NAME and settings is not None:
        return object_pck.ObjectsPCK.of(settings)
    if name == variants.NAME and settings is not None:
        return Variants(scoring_named(settings["inner"]), tuple(settings["variants"]))
    raise DataError(
        "the scoring of a stored run",
        expected=f"{coco_ap.NAME}, {coco_detection.NAME}, {coco_segm.NAME}, "
        f"{crop_side_pck.NAME}, {hand_mesh.NAME}, {object_pck.NAME} or {variants.NAME}",
        got=repr(name),
    )


def _crop_side(settings: Mapping[str, Any]) -> crop_side_pck.CropSide:
    """With the thresholds of an evaluator's config or of a stored run."""
    own = {
        key: _numbers(settings[key])
        for key in ("thresholds", "mean_thresholds")
        if key in settings
    }
    return crop_side_pck.CropSide(**own)


def _numbers(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(map(float, values))


_OF_METRIC: dict[str, Callable[[Mapping[str, Any]], Scoring]] = {
    "CocoMetric": lambda evaluator: coco_ap.CocoAP(),
    "CropSidePCK": _crop_side,
    "HandMeshError": hand_mesh.HandMesh.of,
    # what it writes has identities already
    "OracleCocoMetric": lambda evaluator: coco_ap.CocoAP(),
    "ObjectPCK": object_pck.ObjectsPCK.of,
    "mmdet.CocoMetric": coco_detection.CocoDetection.of,
    "PersonSegmMetric": lambda evaluator: coco_segm.CocoSegm(),
}
