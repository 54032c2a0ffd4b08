"""Contact sheets: made images in a grid, with their keypoints and links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mmsia.errors import InputError
from mmsia.files import write_bytes_atomic

_COLUMNS, _MOST_BYTES = 6, 480_000
_CELLS = (256, 232, 208, 184, 160, 136, 112, 96, 80, 64)
# Colour-blind safe (Okabe and Ito), BGR; a limb each, in turns.
_COLOURS = (
    *((0, 159, 230), (233, 180, 86), (115, 158, 0), (66, 228, 240)),
    *((178, 114, 0), (0, 94, 213), (167, 121, 204)),
)


@dataclass(frozen=True)
class Picture:
    """An image and what is to be drawn on it.

    Attributes:
        image: (H, W, 3) uint8 BGR.
        keypoints: (N, K, 2) pixels of N instances.
        visible: (N, K) 0 for not annotated, 1 for hidden, 2 for seen.
        links: Pairs of keypoints.
        limbs: Colour number of each link; in turns if None.
    """

    image: np.ndarray
    keypoints: np.ndarray
    visible: np.ndarray
    links: Sequence[tuple[int, int]]
    limbs: Sequence[int] | None = None


def contact_sheet(pictures: Sequence[Picture], cell: int = _CELLS[0]) -> np.ndarray:
    """A grid (H, W, 3) uint8: each picture as it is, beside it with its keypoints.

    Seen keypoints are filled, hidden ones hollow.

    Args:
        pictures: At least one.
        cell: Edge of a cell, pixels.
    """
    if not pictures:
        raise InputError("a contact sheet", expected="at least one picture", got="none")
    cells = []
    for picture in pictures:
        plain, scale = _fitted(picture.image, cell)
        drawn = plain.copy()
        _draw(drawn, picture, scale)
        cells += [plain, drawn]
    columns = min(_COLUMNS, len(cells))
    blank = np.full_like(cells[0], 255)
    cells += [blank] * (-len(cells) % columns)
    rows = [np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)]
    return np.vstack(rows)


def write_contact_sheet(path: Path | str, pictures: Sequence[Picture]) -> None:
    """Write a contact sheet as a PNG of less than 500 kB; large ones get smaller.

    Args:
        path: The file.
        pictures: At least one.
    """
    for cell in _CELLS:
        sheet = contact_sheet(pictures, cell)
        # 64 levels compress to half of 256 and look the same
        data = cv2.imencode(".png", sheet & 0xFC, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
        if len(data) < _MOST_BYTES:
            break
    write_bytes_atomic(path, data.tobytes())


def _fitted(image: np.ndarray, cell: int) -> tuple[np.ndarray, float]:
    """An image in the corner of a white cell, and how much it was enlarged."""
    height, width = image.shape[:2]
    scale = cell / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    full = np.full((cell, cell, 3), 255, dtype=np.uint8)
    full[: size[1], : size[0]] = cv2.resize(image, size, interpolation=method)
    return full, scale


def _draw(image: np.ndarray, picture: Picture, scale: float) -> None:
    """Draw links and keypoints with a sixteenth of a pixel."""
    limbs = picture.limbs or range(len(picture.links))
    for points, flags in zip(picture.keypoints, picture.visible, strict=True):
        # pixel centres are whole numbers
        places = np.rint(((points + 0.5) * scale - 0.5) * 16).astype(int)
        for (start, end), limb in zip(picture.links, limbs, strict=True):
            if flags[start] and flags[end]:
                ends = tuple(places[start]), tuple(places[end])
                colour = _COLOURS[limb % len(_COLOURS)]
                cv2.line(image, *ends, colour, 1, cv2.LINE_AA, 4)
        known = points[flags > 0]
        extent = float(np.ptp(known, axis=0).max()) * scale if len(known) else 0.0
        radius = round(16 * min(1.8, max(0.6, extent / 70)))
        for place, flag in zip(places, flags, strict=True):
            if flag:
                filled = -1 if flag == 2 else 1
                ring = tuple(place), radius, (255, 255, 255), filled, cv2.LINE_AA, 4
                cv2.circle(image, *ring)
