"""MMDetection's mosaic with masks, of images that the draw decides.

Its Mosaic leaves masks out, and its CachedMosaic mixes whatever this process has seen
before: a training that was interrupted would go on with other images.
"""

from __future__ import annotations

import copy
from typing import Any

from mmcv.transforms import BaseTransform
from mmdet.datasets.transforms import CachedMosaic
from mmdet.registry import TRANSFORMS

from mmsia.codecs.person_outlines import trace_runs
from mmsia.errors import ConfigError

_OTHERS = 3


@TRANSFORMS.register_module()
class DrawnMosaic(CachedMosaic):
    """CachedMosaic of the image and three that MultiImageMixDataset gives it.

    Masks are polygons: LoadAnnotations with `poly2mask=False`. Sides are equal, as
    MMDetection's masks of mosaics have width and height exchanged.

    Args:
        img_scale: (w, h) of a quarter, pixels, w = h.
        **options: As CachedMosaic, but for those of its cache.

    Raises:
        ConfigError: Different sides.
    """

    def __init__(self, img_scale: tuple[int, int] = (640, 640), **options: Any) -> None:
        if img_scale[0] != img_scale[1]:
            raise ConfigError(
                "DrawnMosaic: img_scale", expected="equal sides", got=f"{img_scale}"
            )
        super().__init__(img_scale=img_scale, **options)

    def get_indexes(self, cache: Any) -> list[int]:
        """Three numbers: at random of a data set's samples, or those of the cache.

        Args:
            cache: The data set that MultiImageMixDataset has, or `results_cache`.
        """
        if cache is self.results_cache:
            return list(range(_OTHERS))
        return super().get_indexes(cache)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Put four images together.

        Args:
            results: Of MultiImageMixDataset, with `mix_results`.

        Raises:
            ConfigError: No such data set around it.
        """
        others = results.pop("mix_results", None)
        if others is None:
            raise ConfigError(
                "DrawnMosaic",
                expected="a step of MultiImageMixDataset's pipeline",
                got="no mix_results",
            )
        # CachedMosaic adds the image itself, and mixes only from five on.
        self.results_cache = [*others, others[-1]]
        try:
            return super().transform(copy.copy(results))
        finally:
            self.results_cache = []


@TRANSFORMS.register_module()
class TraceRunLengths(BaseTransform):
    """Make polygons of masks in run lengths, before LoadAnnotations reads them.

    With polygons alone a mosaic's masks stay small. Crowds are left as they are:
    MMDetection does not learn from them.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change the masks of `instances`.

        Args:
            results: Of MMDetection's CocoDataset.
        """
        instances = []
        for entry in results.get("instances", ()):
            mask = entry.get("mask")
            if isinstance(mask, dict) and not entry.get("ignore_flag"):
                rings = [ring.ravel().tolist() for ring in trace_runs(mask)]
                entry = {**entry, "mask": rings}
            instances.append(entry)
        return {**results, "instances": instances}
