"""Boxes before and after CGANet's centre lines, on images of a figure.

Predictions have final boxes alone. So the network of a run looks at the few images
again, and its maps are decoded as CenterNet does, without Dichotomy Extended Area, and
as the row does.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.gallery_people import Choice
from mmsia.bench.reopened import Reopened, reopen
from mmsia.bench.store import Store, StoredRun
from mmsia.errors import DataError

MIN_IOU = 0.5
"""Least overlap of an annotated person with the box that is said to be its own."""


@dataclass(frozen=True)
class BoxChoice:
    """One image of a figure; boxes are xyxy pixels of the image, best first.

    Attributes:
        choice: Image, its people and the rule that chose it.
        extent: Left, right, bottom and top of the maps, pixels of the image.
        center: (h, w) centre heatmap as predicted.
        alleviated: (h, w) the same after Eq. (4).
        lines: (h, w) the higher of both centre line maps.
        plain: (L, 4) boxes of the heatmap as predicted.
        inner: (M, 4) boxes of the heatmap after Eq. (4).
        extended: (M, 4) the same after Dichotomy Extended Area.
        pairs: (P, 2) person, and the inner box that it has.
    """

    choice: Choice
    extent: tuple[float, float, float, float]
    center: np.ndarray
    alleviated: np.ndarray
    lines: np.ndarray
    plain: np.ndarray
    inner: np.ndarray
    extended: np.ndarray
    pairs: np.ndarray

    def outside(self, boxes: np.ndarray) -> np.ndarray:
        """Annotated keypoints (N, 2) outside of the box that their person has.

        Args:
            boxes: (M, 4) `inner` or `extended`.
        """
        person, box = self.pairs.T
        points = self.choice.record.keypoints[person]
        low, high = boxes[box, None, :2], boxes[box, None, 2:]
        # pixel x covers x to x + 1, and boxes are edges
        middle = points[..., :2] + 0.5
        out = ((middle < low) | (middle > high)).any(axis=-1) & (points[..., 2] > 0)
        return points[out][:, :2]


def decode_boxes(
    choices: Sequence[Choice], store: Store, run: StoredRun, data_folder: Path
) -> list[BoxChoice]:
    """Let the network of a run look at chosen images.

    Args:
        choices: The images.
        store: Where the run and its training are.
        run: An evaluation of CGANet with centre lines.
        data_folder: Has `annotations/` and the folders of images.

    Raises:
        DataError: If weights or images are not at hand any more, or the row has no
            centre lines.
    """
    opened = reopen(store, run, data_folder)
    if getattr(opened.model.head, "line_convs", None) is None:
        raise DataError(
            "boxes before and after centre lines",
            expected="a row with a Center Line Branch",
            got="a head without lines",
        )
    return [_look_at(choice, opened) for choice in choices]


def _look_at(choice: Choice, opened: Reopened) -> BoxChoice:
    import torch

    data = opened.batch_of(choice.record.image_id)
    with torch.no_grad():
        maps = opened.model.extract_for_test(data["inputs"]).maps
    metainfo = data["data_samples"][0].metainfo
    return compare_decodings(maps, opened.model.head.decoder, metainfo, choice)


def compare_decodings(
    maps: Any, decoder: Any, metainfo: Mapping[str, Any], choice: Choice
) -> BoxChoice:
    """Decode the maps of one image in three ways.

    Args:
        maps: `DenseMaps` of a batch of one.
        decoder: The row's codec `CenterLines`.
        metainfo: Of the image, see `to_image`.
        choice: The image and its people.
    """
    from mmsia.models.estimators.cganet_masks import to_image
    from mmsia.ops.boxes import alleviate_ambiguity

    def boxes_of(**options: Any) -> np.ndarray:
        other = copy.copy(decoder)
        for name, value in options.items():
            setattr(other, name, value)
        ((boxes, _),) = other.batch_decode(*maps)
        return to_image(boxes.cpu().double().numpy(), metainfo)

    x, y = maps.lines[:, :1], maps.lines[:, 1:]
    weaker = alleviate_ambiguity(maps.center, x, y, decoder.alpha, decoder.beta)
    height, width = maps.center.shape[-2:]
    whole = np.array([[0.0, 0, width, height]]) * decoder.stride
    left, top, right, bottom = to_image(whole, metainfo)[0].tolist()
    inner = boxes_of(extension=None)
    return BoxChoice(
        choice=choice,
        extent=(left, right, bottom, top),
        center=maps.center[0, 0].cpu().numpy(),
        alleviated=(weaker if decoder.alleviate else maps.center)[0, 0].cpu().numpy(),
        lines=maps.lines[0].amax(dim=0).cpu().numpy(),
        plain=boxes_of(extension=None, alleviate=False),
        inner=inner,
        extended=boxes_of(),
        pairs=pair_boxes(choice.record.boxes, inner),
    )


def pair_boxes(people: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Which box each person has: the one of most overlap, the first of equals.

    Args:
        people: (N, 4) x, y, w, h pixels, annotated.
        boxes: (M, 4) xyxy pixels.

    Returns:
        (P, 2) person and box, people without a box of `MIN_IOU` left out.
    """
    import torch
    from torchvision.ops import box_iou

    if not len(boxes):
        return np.zeros((0, 2), dtype=np.int64)
    annotated = np.concatenate([people[:, :2], people[:, :2] + people[:, 2:]], axis=1)
    overlaps = box_iou(torch.as_tensor(annotated), torch.as_tensor(boxes)).numpy()
    best = overlaps.argmax(axis=1)
    (found,) = np.nonzero(overlaps.max(axis=1) >= MIN_IOU)
    return np.stack([found, best[found]], axis=1)
