"""Which images of hands were taken together, so that a split can keep them so.

Neighbouring frames show the same hand in nearly the same pose: split at random, the
test set has been seen in training. The paper does that; this is what a careful split
needs. Three sources, the first that an annotation file has:

- `sequence` in the entry of every image (simulated hands, converted data);
- names as `<video or image>_<frame or person>_<l or r>.jpg` (MPII+NZSL);
- names that are numbers alone (Panoptic, whose release names no sequences): blocks of
  neighbours, an approximation that leaks only where two blocks meet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from mmsia.errors import DataError

BLOCK = 100
"""Neighbouring numbers that count as one sequence where nothing else is known."""

_TAKEN_TOGETHER = re.compile(r"(?P<source>.+)_\d+_[lr]")


def group_images(
    images: Sequence[Mapping[str, Any]], block: int = BLOCK
) -> dict[int, str]:
    """Name the sequence of every image.

    Args:
        images: COCO entries with `id`, `file_name` and, for all or none, `sequence`.
        block: Size of a block of neighbours, for names that are numbers.

    Returns:
        Id of an image -> name of its sequence.

    Raises:
        DataError: If only some images have a `sequence`, or a name says nothing.
    """
    known = sum("sequence" in image for image in images)
    if 0 < known < len(images):
        raise DataError(
            "sequences of images",
            expected="`sequence` in the entry of every image, or of none",
            got=f"{known} of {len(images)} images with one",
        )
    if known:
        return {image["id"]: str(image["sequence"]) for image in images}
    return {image["id"]: _by_name(image["file_name"], block) for image in images}


def _by_name(file_name: str, block: int) -> str:
    path = PurePosixPath(file_name)
    match = _TAKEN_TOGETHER.fullmatch(path.stem)
    if match:
        return f"{path.parent}/{match['source']}"
    if path.stem.isdecimal():
        return f"{path.parent}/{int(path.stem) // block}"
    raise DataError(
        f"the sequence of {file_name}",
        expected="a name such as 00000012.jpg or video_000040_l.jpg, or `sequence` in "
        "the image's entry",
        got="neither",
        remedy="Write `sequence` to every image of the annotation file.",
    )
