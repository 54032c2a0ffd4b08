"""KLPNet's keypoints without identity: one confidence map and two offset maps.

KLPNet, Sections 3.2.1 and 3.2.2. All keypoints of an instance share one map, whatever
their part or category; stages are trained towards ever narrower Gaussians. The map and
the offsets are those of StarMap, whose peak rule is used.

Cells follow `mmsia.ops.cells`: cell u of stride R lies at R u + (R - 1) / 2 pixels, so
that mirroring the map mirrors the positions exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS

from mmsia.codecs.checks import check_people, check_positive
from mmsia.errors import ConfigError, InputError
from mmsia.ops.implicit_maps import draw_implicit_maps, read_implicit_maps

CODEC = "CategoryImplicitHeatmap"


@KEYPOINT_CODECS.register_module()
class CategoryImplicitHeatmap(BaseKeypointCodec):
    """Keypoints of one instance's crop <-> a confidence map and two offset maps.

    paper silent: what "kernel 7, 5, 3" is (here a Gaussian cut off at that many cells,
    of the standard deviation that goes with the size: 1.4, 1.1 and 0.8 cells), where
    offsets are supervised (at keypoints' cells), and how peaks are read.

    Args:
        input_size: (w, h) of the crop in pixels.
        heatmap_size: (w, h) of the maps in cells.
        kernel_sizes: Cells of the Gaussian's side, odd, for each stage.
        score_thr: Peaks at or below it are dropped.
        max_peaks: At most that many peaks, the highest.

    Raises:
        ConfigError: Sizes or options out of their range.
    """

    field_mapping_table = {
        "heatmaps": "heatmaps",
        "offsets": "offsets",
        "offset_weights": "offset_weights",
    }
    label_mapping_table: dict[str, str] = {}

    def __init__(
        self,
        input_size: tuple[int, int],
        heatmap_size: tuple[int, int],
        kernel_sizes: Sequence[int] = (7, 5, 3),
        score_thr: float = 0.05,
        max_peaks: int = 100,
    ) -> None:
        super().__init__()
        check_positive(CODEC, max_peaks=max_peaks)
        if min(*input_size, *heatmap_size) < 1:
            raise ConfigError(
                f"{CODEC}: sizes",
                expected="widths and heights above 0",
                got=f"input {tuple(input_size)}, maps {tuple(heatmap_size)}",
            )
        if not kernel_sizes or any(k < 1 or k % 2 == 0 for k in kernel_sizes):
            raise ConfigError(
                f"{CODEC}: kernel_sizes",
                expected="an odd number of cells for each stage",
                got=repr(tuple(kernel_sizes)),
            )
        self.input_size = tuple(input_size)
        self.heatmap_size = tuple(heatmap_size)
        self.kernel_sizes = tuple(kernel_sizes)
        self.score_thr = score_thr
        self.max_peaks = max_peaks
        self.stride = np.divide(self.input_size, self.heatmap_size)

    def to_cells(self, keypoints: np.ndarray) -> np.ndarray:
        """Positions (..., 2) in cells of positions in crop pixels, xy."""
        return (keypoints - (self.stride - 1) / 2) / self.stride

    def to_pixels(self, cells: np.ndarray) -> np.ndarray:
        """Positions (..., 2) in crop pixels of positions in cells, xy."""
        return cells * self.stride + (self.stride - 1) / 2

    def encode(
        self, keypoints: np.ndarray, keypoints_visible: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """Draw the training targets of one instance.

        Args:
            keypoints: (1, K, 2) crop pixels, xy; K may be 0 and differ between calls.
            keypoints_visible: (1, K), above 0 where annotated; None means all are.

        Returns:
            Of S stages ``heatmaps`` (S, h, w) in [0, 1], exactly 1 at keypoints' cells;
            ``offsets`` (2, h, w) x and y from the cell to the keypoint, in cells, of
            the nearest where keypoints share a cell; ``offset_weights`` (1, h, w), one
            where there is a keypoint. All float32.

        Raises:
            InputError: Wrong shapes, more than one instance, or an annotated keypoint
                that is not finite.
        """
        keypoints = np.asarray(keypoints, dtype=np.float64)
        if keypoints.ndim != 3 or len(keypoints) != 1:
            raise InputError(
                f"{CODEC} draws one instance's maps",
                expected="keypoints (1, K, 2)",
                got=str(keypoints.shape),
                remedy="Use top-down data: one crop for each instance",
            )
        visible = check_people(keypoints, keypoints_visible, keypoints.shape[1])
        cells = self.to_cells(keypoints[visible])
        heatmaps, offsets, weights = draw_implicit_maps(
            cells, self.heatmap_size, self.kernel_sizes
        )
        return {"heatmaps": heatmaps, "offsets": offsets, "offset_weights": weights}

    def decode(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the keypoints of one instance.

        Args:
            encoded: (3, h, w) confidence in [0, 1], and x and y offsets in cells.

        Returns:
            (1, P, 2) crop pixels and (1, P) scores, falling; P differs between calls.

        Raises:
            InputError: Maps of another shape, or that are not finite.
        """
        maps = np.asarray(encoded)
        width, height = self.heatmap_size
        if maps.shape != (3, height, width) or not np.isfinite(maps).all():
            odd = int((~np.isfinite(maps)).sum())
            raise InputError(
                f"{CODEC}: maps to decode",
                expected=f"finite maps {(3, height, width)}",
                got=f"{maps.shape}, {odd} values that are not finite",
                remedy="NaN comes from a diverged training or an overflow",
            )
        cells, scores = read_implicit_maps(
            maps[0], maps[1:], self.score_thr, self.max_peaks
        )
        return self.to_pixels(cells)[None], scores[None]

    def batch_decode(self, batch_encoded: Any) -> tuple[list, list]:
        """Find the keypoints of a batch of instances, each as `decode`.

        Args:
            batch_encoded: (B, 3, h, w) tensor or array.

        Returns:
            B arrays (1, P, 2) and B arrays (1, P).
        """
        if not isinstance(batch_encoded, np.ndarray):
            batch_encoded = batch_encoded.detach().float().cpu().numpy()
        found = [self.decode(maps) for maps in batch_encoded]
        return [points for points, _ in found], [scores for _, scores in found]

    @staticmethod
    def unmirror(maps: Any) -> Any:
        """Bring maps of a mirrored crop back into the original's frame.

        Args:
            maps: (..., 3, h, w) tensor or array, confidence and x and y offsets.

        Returns:
            Maps of the same kind; the x offset's sign is turned.
        """
        # both kinds of array do this alike
        back = maps[..., ::-1].copy() if isinstance(maps, np.ndarray) else maps.flip(-1)
        back[..., 1, :, :] *= -1
        return back
