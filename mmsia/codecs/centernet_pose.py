"""CenterNet's multi-person poses: the baseline of GOG, Tables 1 and 3.

Zhou et al., Objects as Points (2019), Section 4.2, by the rules of its released code
where the paper is silent. A person is the centre of the box, with the box's size and an
offset from the centre's cell to each keypoint; keypoints have heatmaps of their own, to
whose peaks the regressed ones move. What differs from the released code: crowds are no
people (there, the middle of a crowd is a centre), and more than 32 people an image are
fine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS
from torch import Tensor

from mmsia.codecs.checks import check_boxes, check_maps, check_people, check_positive
from mmsia.ops.cell_gaussians import draw_cell_gaussians, released_radii
from mmsia.ops.local_maxima import best_local_maxima, cell_positions, read_cells
from mmsia.ops.outlines import boxes_of_corners
from mmsia.ops.peak_snapping import snap_to_peaks

CODEC = "CenterNetPose"
LABELS = (
    "center_cells",
    "center_weights",
    "sizes",
    "center_offsets",
    "keypoint_offsets",
    "keypoint_weights",
    "keypoint_cells",
    "cell_offsets",
)
"""What is regressed, person by person; two people may share a cell."""


@KEYPOINT_CODECS.register_module()
class CenterNetPose(BaseKeypointCodec):
    """People <-> maps of centres and keypoints, and what is regressed at their cells.

    Pixel p of the input lies in cell floor(p / stride), at p / stride of the map.

    Args:
        input_size: (w, h) of the input in pixels.
        stride: Pixels a cell of the maps.
        num_keypoints: Keypoint types K.
        min_iou: Of the radii of centres and of their keypoints, see `released_radii`.
        max_people: Centres that are decoded.
        max_peaks: Peaks of each keypoint type that are looked at.
        peak_thr: Peaks at or below this response are not looked at.
        peak_reach: How far a keypoint may move to a peak, over the box's longer side.

    Raises:
        ConfigError: Options out of their range.
    """

    auxiliary_encode_keys = {"bbox", "iscrowd"}
    field_mapping_table = {
        name: name for name in ("center_heatmap", "keypoint_heatmaps")
    }
    label_mapping_table = {name: name for name in LABELS}

    def __init__(
        self,
        input_size: tuple[int, int],
        stride: int = 4,
        num_keypoints: int = 17,
        min_iou: float = 0.7,
        max_people: int = 100,
        max_peaks: int = 100,
        peak_thr: float = 0.1,
        peak_reach: float = 0.3,
    ) -> None:
        super().__init__()
        check_positive(
            CODEC,
            stride=stride,
            min_iou=min_iou,
            max_people=max_people,
            max_peaks=max_peaks,
        )
        self.input_size = tuple(input_size)
        self.stride = stride
        self.map_size = tuple(-(-side // stride) for side in self.input_size)
        self.num_keypoints = num_keypoints
        self.min_iou = min_iou
        self.max_people = max_people
        self.max_peaks = max_peaks
        self.peak_thr = peak_thr
        self.peak_reach = peak_reach

    def encode(
        self,
        keypoints: np.ndarray,
        keypoints_visible: np.ndarray | None = None,
        bbox: np.ndarray | None = None,
        iscrowd: Any = None,
    ) -> dict[str, np.ndarray]:
        """Draw the training targets of one image.

        Args:
            keypoints: (N, K, 2) input pixels, xy; N may be 0.
            keypoints_visible: (N, K), above 0 where annotated; None means all are.
            bbox: (N, 4) xyxy or (N, 4, 2) corners, input pixels.
            iscrowd: (N,) true for groups of people, which are left out.

        Returns:
            ``center_heatmap`` (1, h, w) and ``keypoint_heatmaps`` (K, h, w), 1 at the
            cells of people and keypoints. Of the M people whose box has a part in the
            image, in cells: ``center_cells`` (M, 2), ``sizes`` (M, 2),
            ``center_offsets`` (M, 2) from their cells, ``center_weights`` (M,), 0 for
            people without an annotated keypoint, ``keypoint_offsets`` (M, K, 2) from
            the centre's cell, ``keypoint_cells`` (M, K, 2), ``cell_offsets`` (M, K, 2)
            from these, ``keypoint_weights`` (M, K), 1 for keypoints in the image.
            Cells are int64, all else float32.

        Raises:
            InputError: Wrong shapes, or annotations that are not finite.
        """
        visible = check_people(keypoints, keypoints_visible, self.num_keypoints)
        boxes = check_boxes(CODEC, bbox, len(keypoints))
        boxes = boxes_of_corners(boxes) if boxes.ndim == 3 else boxes
        last = np.array(self.map_size) - 1
        boxes = np.clip(boxes / self.stride, 0, np.tile(last, 2))
        kept = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        if iscrowd is not None:
            kept &= ~np.asarray(iscrowd, dtype=bool).reshape(len(boxes))
        return self._targets(boxes[kept], keypoints[kept] / self.stride, visible[kept])

    def _targets(
        self, boxes: np.ndarray, points: np.ndarray, visible: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Targets of (M, 4) boxes and (M, K, 2) keypoints in cells of the map."""
        sizes, middles = boxes[:, 2:] - boxes[:, :2], (boxes[:, 2:] + boxes[:, :2]) / 2
        centers = np.floor(middles).astype(np.int64)
        inside = (points >= 0) & (points < np.array(self.map_size))
        weights = visible & inside.all(axis=-1)
        points = np.where(weights[..., None], points, 0)
        cells = np.floor(points).astype(np.int64)
        radii = released_radii(sizes, self.min_iou)
        person, kind = np.nonzero(weights)
        draw = (np.zeros_like(radii), radii, 1, self.map_size)
        encoded = {
            "center_heatmap": draw_cell_gaussians(centers, *draw),
            "keypoint_heatmaps": draw_cell_gaussians(
                cells[weights], kind, radii[person], self.num_keypoints, self.map_size
            ),
            "center_cells": centers,
            "keypoint_cells": cells,
        }
        regressed = {
            "center_weights": visible.any(axis=1),
            "sizes": sizes,
            "center_offsets": middles - centers,
            "keypoint_offsets": (points - centers[:, None]) * weights[..., None],
            "keypoint_weights": weights,
            "cell_offsets": points - cells,
        }
        return encoded | {k: v.astype(np.float32) for k, v in regressed.items()}

    def decode(self, encoded: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """Find the people in the maps of one image.

        Args:
            encoded: The maps of `batch_decode` without their first axis, by name.

        Returns:
            (M, K, 2) keypoints in input pixels and (M, K) scores.
        """
        maps = {name: torch.as_tensor(value)[None] for name, value in encoded.items()}
        ((keypoints, scores, _, _),) = self.batch_decode(**maps)
        return keypoints, scores

    def batch_decode(
        self,
        center: Tensor,
        sizes: Tensor,
        center_offsets: Tensor,
        keypoint_offsets: Tensor,
        keypoint_heatmaps: Tensor,
        cell_offsets: Tensor,
    ) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Find the people in the maps of a batch, on the CPU or a GPU.

        Args:
            center: (B, 1, h, w) in [0, 1].
            sizes: (B, 2, h, w) width and height in cells.
            center_offsets: (B, 2, h, w) of centres from their cells, in cells.
            keypoint_offsets: (B, 2K, h, w) of keypoints from the centre's cell.
            keypoint_heatmaps: (B, K, h, w) in [0, 1].
            cell_offsets: (B, 2, h, w) of keypoints from their cells.

        Returns:
            For each image, best first: (M, K, 2) keypoints in input pixels, (M, K)
            scores, (M, 4) boxes in input pixels, (M,) scores of the people, those of
            their centres. The score of a keypoint is that of its peak, or the
            person's where it has none.

        Raises:
            InputError: Maps of other shapes, or that are not finite.
        """
        kinds = self.num_keypoints
        check_maps(
            CODEC,
            {
                "center": (center, 1),
                "sizes": (sizes, 2),
                "center_offsets": (center_offsets, 2),
                "keypoint_offsets": (keypoint_offsets, 2 * kinds),
                "keypoint_heatmaps": (keypoint_heatmaps, kinds),
                "cell_offsets": (cell_offsets, 2),
            },
        )
        scores, index = best_local_maxima(center, self.max_people)
        scores, index = scores[:, 0], index[:, 0]
        cell = cell_positions(index, center.shape[-1])
        middle = cell + read_cells(center_offsets, index)
        half = read_cells(sizes, index) / 2
        boxes = np.concatenate([middle - half, middle + half], axis=-1)
        regressed = read_cells(keypoint_offsets, index)
        regressed = regressed.reshape(*index.shape, kinds, 2) + cell[:, :, None]
        points, responses = snap_to_peaks(
            regressed,
            boxes,
            *self._find_peaks(keypoint_heatmaps, cell_offsets),
            self.peak_thr,
            self.peak_reach,
        )
        responses = np.where(responses > 0, responses, scores[..., None])
        found = (points * self.stride, responses, boxes * self.stride, scores)
        arrays = [part.astype(np.float32, copy=False) for part in found]
        # in images with fewer people than another of the batch
        kept = scores > 0
        return [
            tuple(part[image, chosen] for part in arrays)
            for image, chosen in enumerate(kept)
        ]

    def _find_peaks(
        self, heatmaps: Tensor, offsets: Tensor
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions (B, K, P, 2) in cells and responses (B, K, P) of the best peaks."""
        responses, index = best_local_maxima(heatmaps, self.max_peaks, self.peak_thr)
        shift = read_cells(offsets, index.reshape(len(index), -1))
        cell = cell_positions(index, heatmaps.shape[-1])
        return cell + shift.reshape(*index.shape, 2), responses
