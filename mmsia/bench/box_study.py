"""What Dichotomy Extended Area does for boxes, on damaged centre lines.

CGANet corrects coarse boxes by centre lines (Algorithm 1). Perfect lines contain the
answer. Here annotated boxes are moved and scaled as a detector would get them wrong,
the lines of the true ones are blurred, weakened and interrupted, and the corrected
boxes are compared with the true ones and with the annotated keypoints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mmsia.bench.degradation import NONE, Degradation
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.errors import InputError
from mmsia.ops.boxes import dichotomy_extend, extend_boxes
from mmsia.ops.center_lines import draw_center_lines

LONG_EDGE, STRIDE = 512, 4
JITTER = 0.1
RATIO, THR, ITERS = 0.09, 0.08, 10
"""Section 4, Implementation Details."""

_GAP = 6
"""Cells of an interruption."""

_NUMBER = 3
"""Tells the random numbers of this study from others of the same image."""


@dataclass(frozen=True)
class LineDamage:
    """How the lines of an image are damaged.

    Attributes:
        name: In a table.
        maps: Blur, gain and noise.
        scale: Factor of all responses, 1 leaves them.
        gaps: Interruptions for each hundred cells of the map's side.
    """

    name: str
    maps: Degradation = NONE
    scale: float = 1.0
    gaps: int = 0

    def apply(self, lines: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Damage the two maps of one image.

        Args:
            lines: (2, h, w) in [0, 1].
            rng: Source of the damage.
        """
        damaged = self.scale * self.maps.apply(lines, STRIDE, rng)
        height, width = lines.shape[1:]
        for _ in range(self.gaps * max(height, width) // 100):
            x, y = rng.integers(width), rng.integers(height)
            damaged[0, :, x : x + _GAP] = 0
            damaged[1, y : y + _GAP] = 0
        return np.clip(damaged, 0, 1)


DAMAGES = (
    LineDamage("blur 8 px", Degradation(blur=8.0)),
    LineDamage("blur 16 px", Degradation(blur=16.0)),
    LineDamage("gain 0.5", Degradation(gain=0.5)),
    LineDamage("a fifth as high", scale=0.2),
    LineDamage("interrupted", gaps=4),
    LineDamage("all of it", Degradation(gain=0.5, blur=8.0, noise=0.05), 0.5, 4),
)
"""Blur in input pixels; sizes of damage are set before looking at what comes of it."""

Correct = Callable[[np.ndarray, np.ndarray], np.ndarray]

CORRECTIONS: Mapping[str, Correct] = {
    "as they are": lambda boxes, lines: boxes,
    "fixed extension": lambda boxes, lines: extend_boxes(boxes, RATIO / 2),
    "dichotomy": lambda boxes, lines: _dichotomy(boxes, lines),
    "dichotomy, printed sign": lambda boxes, lines: _dichotomy(
        boxes, lines, as_printed=True
    ),
}
"""Name -> corrected boxes (N, 4) from coarse ones and lines (2, h, w)."""


def _dichotomy(
    boxes: np.ndarray, lines: np.ndarray, *, as_printed: bool = False
) -> np.ndarray:
    line_x, line_y = lines
    return dichotomy_extend(
        boxes,
        line_x,
        line_y,
        ratio=RATIO,
        thr=THR,
        iters=ITERS,
        stride=STRIDE,
        as_printed=as_printed,
    )


@dataclass(frozen=True)
class BoxQuality:
    """What boxes are worth.

    Attributes:
        iou: Mean overlap with the true boxes.
        outside: Percent of the annotated keypoints that lie outside of their box.
        area: Mean of the boxes' areas over the true ones.
    """

    iou: float
    outside: float
    area: float


@dataclass(frozen=True)
class Person:
    """One annotated person of an image, input pixels.

    Attributes:
        box: (4,) true box, xyxy.
        points: (n, 2) annotated keypoints.
    """

    box: np.ndarray
    points: np.ndarray


def study_boxes(
    records: Sequence[ImageRecord], seed: int = 0
) -> dict[tuple[str, str], BoxQuality]:
    """Correct jittered boxes of annotated people under each damage.

    Args:
        records: Images with annotated people.
        seed: Of jitter and damage, together with the image's number.

    Returns:
        (damage, correction) -> quality; under `no lines` stand the true boxes and the
        jittered ones.

    Raises:
        InputError: Nobody is annotated.
    """
    tallies: dict[tuple[str, str], _Tally] = {}
    for record in records:
        people, size = _people(record)
        if not people:
            continue
        true = np.stack([person.box for person in people])
        rng = np.random.default_rng([seed, record.image_id, _NUMBER])
        coarse = jitter(true, rng)
        add = partial(_add, tallies, people, true)
        add(("no lines", "true boxes"), true)
        add(("no lines", "jittered boxes"), coarse)
        lines = draw_center_lines(true, size, STRIDE)
        for damage in DAMAGES:
            damaged = damage.apply(lines, rng)
            for name, correct in CORRECTIONS.items():
                add((damage.name, name), correct(coarse, damaged))
    if not tallies:
        raise InputError("boxes of people", expected="annotated people", got="nobody")
    return {key: tally.quality() for key, tally in tallies.items()}


def jitter(boxes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Move and scale boxes by up to a tenth of their sides, x and y each on its own.

    Args:
        boxes: (N, 4) xyxy.
        rng: Source of the numbers.
    """
    shift, scale = rng.uniform(-JITTER, JITTER, (2, len(boxes), 2))
    side = boxes[:, 2:] - boxes[:, :2]
    centre = (boxes[:, 2:] + boxes[:, :2]) / 2 + shift * side
    half = side * (1 + scale) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def _people(record: ImageRecord) -> tuple[list[Person], tuple[int, int]]:
    """People with keypoints at the input's size, and the (w, h) of its maps."""
    scale = LONG_EDGE / max(record.width, record.height)
    people = []
    for points, (x, y, width, height) in zip(
        record.keypoints, record.boxes, strict=True
    ):
        known = points[:, 2] > 0
        if known.any() and min(width, height) * scale >= STRIDE:
            box = scale * np.array([x, y, x + width, y + height])
            people.append(Person(box, scale * points[known, :2]))
    sides = np.array([record.width, record.height]) * scale
    columns, rows = np.ceil(sides / STRIDE).astype(int)
    return people, (int(columns), int(rows))


class _Tally:
    def __init__(self) -> None:
        self.overlaps: list[np.ndarray] = []
        self.ratios: list[np.ndarray] = []
        self.outside = self.points = 0

    def quality(self) -> BoxQuality:
        return BoxQuality(
            iou=float(np.concatenate(self.overlaps).mean()),
            outside=100 * self.outside / self.points,
            area=float(np.concatenate(self.ratios).mean()),
        )


def _add(
    tallies: dict[tuple[str, str], _Tally],
    people: Sequence[Person],
    true: np.ndarray,
    key: tuple[str, str],
    boxes: np.ndarray,
) -> None:
    tally = tallies.setdefault(key, _Tally())
    low = np.maximum(boxes[:, :2], true[:, :2])
    high = np.minimum(boxes[:, 2:], true[:, 2:])
    both = np.clip(high - low, 0, None).prod(axis=1)
    area, wanted = (
        np.clip(some[:, 2:] - some[:, :2], 0, None).prod(axis=1)
        for some in (boxes, true)
    )
    tally.overlaps.append(both / (area + wanted - both))
    tally.ratios.append(area / wanted)
    for person, box in zip(people, boxes, strict=True):
        inside = ((person.points >= box[:2]) & (person.points <= box[2:])).all(axis=1)
        tally.outside += int((~inside).sum())
        tally.points += len(inside)
