"""Contact sheets: made images in a grid, with their keypoints and links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mmsia.errors import InputError
from mmsia.files import write_bytes_atomic

_COLUMNS, _CELL, _MOST_BYTES = 6, 176, 480_000
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


def contact_sheet(pictures: Sequence[Picture], cell: int = _CELL) -> np.ndarray:
    """A grid (H, W, 3) uint8 of pictures: hidden keypoints are hollow.

    Args:
        pictures: At least one; every second cell shows one without the drawing.
        cell: Edge of a cell, pixels.
    """
    if not pictures:
        raise InputError("a contact sheet", expected="at least one picture", got="none")
    cells = [_cell(picture, cell) for picture in pictures]
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
    for cell in (_CELL, 144, 120, 96, 72):
        sheet = contact_sheet(pictures, cell)
        # 64 levels compress to half of 256 and look the same
        data = cv2.imencode(".png", sheet & 0xFC, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
        if len(data) < _MOST_BYTES:
            break
    write_bytes_atomic(path, data.tobytes())


def _cell(picture: Picture, cell: int) -> np.ndarray:
    height, width = picture.image.shape[:2]
    scale = cell / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image = cv2.resize(picture.image, size, interpolation=method)
    limbs = picture.limbs or range(len(picture.links))
    for points, flags in zip(picture.keypoints, picture.visible, strict=True):
        # pixel centres are whole numbers, and 4 bits of a pixel are kept
        places = np.rint(((points + 0.5) * scale - 0.5) * 16).astype(int)
        for (start, end), limb in zip(picture.links, limbs, strict=True):
            if flags[start] and flags[end]:
                ends = tuple(places[start]), tuple(places[end])
                colour = _COLOURS[limb % len(_COLOURS)]
                cv2.line(image, *ends, colour, 1, cv2.LINE_AA, 4)
        for place, flag in zip(places, flags, strict=True):
            if flag:
                colour, inner = (255, 255, 255), -1 if flag == 2 else 1
                cv2.circle(image, tuple(place), 28, colour, inner, cv2.LINE_AA, 4)
    full = np.full((cell, cell, 3), 255, dtype=np.uint8)
    full[: size[1], : size[0]] = image
    return full
