"""CGANet's dense targets and boxes: CenterNet's maps and two maps of centre lines.

CGANet, Architecture and Center Line Branch. Centre heatmap, sizes and offsets are those
of CenterNet, whose functions in MMDetection are used; what the Center Line Branch adds
is in `mmsia/ops/center_lines.py` and `mmsia/ops/boxes.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmdet.models.utils.gaussian_target import gaussian_radius, gen_gaussian_target
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS
from torch import Tensor

from mmsia.codecs.checks import (
    check_boxes,
    check_maps,
    check_option,
    check_people,
    check_positive,
)
from mmsia.codecs.person_outlines import encode_outlines
from mmsia.errors import InputError
from mmsia.ops.boxes import alleviate_ambiguity, dichotomy_extend, extend_boxes
from mmsia.ops.center_lines import draw_center_lines
from mmsia.ops.local_maxima import best_local_maxima, cell_positions, read_cells
from mmsia.ops.outlines import boxes_of_corners, boxes_of_outlines

CODEC = "CenterLines"
MIN_SIDE = 1.0
"""Pixels of a box inside the image; a smaller one is not a person."""


@KEYPOINT_CODECS.register_module()
class CenterLines(BaseKeypointCodec):
    """Boxes of people <-> centre, size, offset and centre line maps.

    paper silent: the radius of centres (CenterNet's, by MMDetection's three cases, at
    the overlap that the paper gives for the lines); where two people share a centre
    cell, the later one has it; what `alpha`, `beta` and the fixed ratio are.

    Args:
        input_size: (w, h) of the input in pixels.
        stride: Pixels a cell of the maps.
        num_keypoints: Keypoint types K.
        min_iou: Of the radii of centres and of lines.
        sigma: Of the lines, cells.
        max_boxes: At most that many boxes an image are decoded.
        score_thr: Boxes at or below this score are dropped.
        extension: `'dichotomy'`, `'fixed'` or None (boxes as they are).
        ratio: Largest extension of a boundary over the box's side; with `'fixed'`,
            the extension of every boundary.
        line_thr: Of the line maps, `thre` of Algorithm 1.
        iters: Of Algorithm 1.
        as_printed: Algorithm 1 with its printed sign.
        alleviate: Whether Eq. (4) weakens centres off the lines.
        alpha: Of Eq. (4).
        beta: Of Eq. (4).
        outlines: Whether people's outlines are labels as well, for CGANetMasks.

    Raises:
        ConfigError: Options out of their range.
    """

    auxiliary_encode_keys = {"bbox", "iscrowd", "raw_ann_info", "warp_mat"}
    field_mapping_table = {
        name: name
        for name in (
            "center_heatmap",
            "box_sizes",
            "box_offsets",
            "box_weights",
            "center_lines",
        )
    }
    label_mapping_table = {
        "box_labels": "bboxes",
        "keypoint_labels": "keypoints",
        "keypoint_weights": "keypoint_weights",
    }

    def __init__(
        self,
        input_size: tuple[int, int],
        stride: int = 4,
        num_keypoints: int = 17,
        min_iou: float = 0.3,
        sigma: float = 1.4,
        max_boxes: int = 20,
        score_thr: float = 0.0,
        extension: str | None = "dichotomy",
        ratio: float = 0.09,
        line_thr: float = 0.08,
        iters: int = 10,
        as_printed: bool = False,
        alleviate: bool = True,
        alpha: float = 1.0,
        beta: float = 0.5,
        outlines: bool = False,
    ) -> None:
        super().__init__()
        check_option(CODEC, "extension", extension, ("dichotomy", "fixed", None))
        check_positive(
            CODEC, stride=stride, min_iou=min_iou, sigma=sigma, max_boxes=max_boxes
        )
        self.input_size = tuple(input_size)
        # whole cells, the last ones beyond the image if its size is odd
        self.map_size = tuple(-(-side // stride) for side in self.input_size)
        self.stride = stride
        self.num_keypoints = num_keypoints
        self.min_iou = min_iou
        self.sigma = sigma
        self.max_boxes = max_boxes
        self.score_thr = score_thr
        self.extension = extension
        self.ratio = ratio
        self.line_thr = line_thr
        self.iters = iters
        self.as_printed = as_printed
        self.alleviate = alleviate
        self.alpha, self.beta = alpha, beta
        self.outlines = outlines
        if outlines:
            self.label_mapping_table = {
                **self.label_mapping_table,
                "outline_labels": "outlines",
            }

    @property
    def needs_lines(self) -> bool:
        """Whether decoding looks at centre lines."""
        return self.alleviate or self.extension == "dichotomy"

    def encode(
        self,
        keypoints: np.ndarray,
        keypoints_visible: np.ndarray | None = None,
        bbox: np.ndarray | None = None,
        iscrowd: Any = None,
        raw_ann_info: Sequence[Mapping[str, Any]] | None = None,
        warp_mat: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Draw the training targets of one image.

        Args:
            keypoints: (N, K, 2) input pixels, xy; N may be 0.
            keypoints_visible: (N, K), above 0 where annotated; None means all are.
            bbox: (N, 4) xyxy or (N, 4, 2) corners, input pixels; of corners, the box
                around them counts, or the one around the outline if there is one.
            iscrowd: (N,) true for groups of people, which are left out.
            raw_ann_info: N COCO annotations, whose polygons are outlines.
            warp_mat: (2, 3) from their pixels to input pixels.

        Returns:
            Maps of h x w cells: ``center_heatmap`` (1, h, w), ``box_sizes`` and
            ``box_offsets`` (2, h, w) in cells, ``box_weights`` (1, h, w), one at
            centres, ``center_lines`` (2, h, w), M_x and M_y. Of the M people whose box
            has a part in the image: ``box_labels`` (M, 4) clipped to it,
            ``keypoint_labels`` (M, K, 2), ``keypoint_weights`` (M, K) and, if asked
            for, ``outline_labels`` (M, P, 2) as `encode_outlines` gives them. All
            float32.

        Raises:
            InputError: Wrong shapes, annotations that are not finite, or no outlines
                where they are asked for.
        """
        visible = check_people(keypoints, keypoints_visible, self.num_keypoints)
        boxes = _upright(bbox, len(keypoints), raw_ann_info, warp_mat)
        boxes = np.clip(boxes, 0, np.tile(self.input_size, 2))
        kept = ((boxes[:, 2:] - boxes[:, :2]) >= MIN_SIDE).all(axis=1)
        if iscrowd is not None:
            kept &= ~np.asarray(iscrowd, dtype=bool).reshape(len(boxes))
        boxes, visible = boxes[kept], visible[kept]
        points = np.where(visible[..., None], keypoints[kept], 0)
        lines = draw_center_lines(
            boxes, self.map_size, self.stride, self.sigma, self.min_iou
        )
        labels = {
            "box_labels": boxes.astype(np.float32),
            "keypoint_labels": points.astype(np.float32),
            "keypoint_weights": visible.astype(np.float32),
        }
        if self.outlines:
            labels["outline_labels"] = encode_outlines(
                np.asarray(bbox, dtype=np.float64), kept, raw_ann_info, warp_mat
            )
        return {**self._encode_boxes(boxes), "center_lines": lines, **labels}

    def _encode_boxes(self, boxes: np.ndarray) -> dict[str, np.ndarray]:
        """CenterNet's targets of (M, 4) boxes inside the image."""
        width, height = self.map_size
        center = torch.zeros(height, width)
        sizes = np.zeros((2, height, width), dtype=np.float32)
        offsets, weights = np.zeros_like(sizes), np.zeros_like(sizes[:1])
        size = (boxes[:, 2:] - boxes[:, :2]) / self.stride
        middle = (boxes[:, 2:] + boxes[:, :2]) / 2 / self.stride
        # a box at the very edge has its centre in the last cell
        cell = np.minimum(np.floor(middle), [width - 1, height - 1]).astype(np.int64)
        for (x, y), (w, h) in zip(cell.tolist(), size.tolist(), strict=True):
            radius = max(0, int(gaussian_radius((h, w), self.min_iou)))
            gen_gaussian_target(center, (x, y), radius)
        x, y = cell.T
        sizes[:, y, x] = size.T
        offsets[:, y, x] = (middle - cell).T
        weights[:, y, x] = 1
        return {
            "center_heatmap": center[None].numpy(),
            "box_sizes": sizes,
            "box_offsets": offsets,
            "box_weights": weights,
        }

    def decode(self, encoded: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """Find the boxes of one image.

        Args:
            encoded: ``center_heatmap``, ``box_sizes``, ``box_offsets`` and, if lines
                are needed, ``center_lines``, as `encode` makes them.

        Returns:
            (M, 4) input pixels and (M,) scores, falling.
        """
        names = ("center_heatmap", "box_sizes", "box_offsets", "center_lines")
        maps = [torch.as_tensor(encoded[n])[None] for n in names if n in encoded]
        ((boxes, scores),) = self.batch_decode(*maps)
        return boxes.numpy(), scores.numpy()

    def batch_decode(
        self,
        center: Tensor,
        sizes: Tensor,
        offsets: Tensor,
        lines: Tensor | None = None,
    ) -> list[tuple[Tensor, Tensor]]:
        """Find the boxes of a batch.

        Args:
            center: (B, 1, h, w) in [0, 1].
            sizes: (B, 2, h, w) cells.
            offsets: (B, 2, h, w) cells.
            lines: (B, 2, h, w) in [0, 1], M_x and M_y.

        Returns:
            For each image (M, 4) input pixels, clipped to the maps and then extended,
            and (M,) scores, falling; on the maps' device.

        Raises:
            InputError: Maps of other sizes, that are not finite, or no lines where
                they are needed.
        """
        self._check(center, sizes, offsets, lines)
        if self.alleviate:
            center = alleviate_ambiguity(
                center, lines[:, :1], lines[:, 1:], self.alpha, self.beta
            )
        height, width = center.shape[-2:]
        scores, index = best_local_maxima(center, self.max_boxes, self.score_thr)
        scores, index = scores[:, 0], index[:, 0]
        middle = cell_positions(index, width) + read_cells(offsets, index)
        half = np.maximum(read_cells(sizes, index), 0) / 2
        limit = np.array([width, height], dtype=np.float32)
        low, high = (
            np.minimum(np.maximum(end, 0), limit) * self.stride
            for end in (middle - half, middle + half)
        )
        boxes = np.concatenate([low, high], axis=-1)
        precision = torch.promote_types(center.dtype, torch.float32)
        kept = (scores > self.score_thr) & ((high - low) >= MIN_SIDE).all(axis=-1)
        return [
            tuple(
                torch.as_tensor(part, dtype=precision, device=center.device)
                for part in (
                    self._extend(boxes[image, chosen], lines, image),
                    scores[image, chosen],
                )
            )
            for image, chosen in enumerate(kept)
        ]

    def _extend(self, boxes: np.ndarray, lines: Tensor | None, image: int) -> Any:
        """Extend boxes (M, 4) of an image of the batch."""
        if self.extension is None or not len(boxes):
            return boxes
        if self.extension == "fixed":
            return extend_boxes(boxes, self.ratio)
        line_x, line_y = lines[image].detach().float().cpu().numpy()
        return dichotomy_extend(
            boxes,
            line_x,
            line_y,
            self.ratio,
            self.line_thr,
            self.iters,
            stride=self.stride,
            as_printed=self.as_printed,
        )

    def _check(
        self, center: Tensor, sizes: Tensor, offsets: Tensor, lines: Tensor | None
    ) -> None:
        if lines is None and self.needs_lines:
            raise InputError(
                "CenterLines cannot decode without centre lines",
                expected="maps (B, 2, h, w)",
                got="None",
                remedy="A head with lines, or alleviate=False and another extension",
            )
        expected = {"center": (center, 1), "sizes": (sizes, 2), "offsets": (offsets, 2)}
        if lines is not None:
            expected["lines"] = (lines, 2)
        check_maps(CODEC, expected)


def _upright(
    bbox: np.ndarray | None,
    number: int,
    people: Sequence[Mapping[str, Any]] | None,
    matrix: np.ndarray | None,
) -> np.ndarray:
    """Boxes (N, 4) as they are, or around corners or outlines."""
    boxes = check_boxes(CODEC, bbox, number)
    if boxes.ndim == 2:
        return boxes
    if people is None or matrix is None or len(people) != number:
        return boxes_of_corners(boxes)
    return boxes_of_outlines(boxes, people, np.asarray(matrix, dtype=np.float64))
