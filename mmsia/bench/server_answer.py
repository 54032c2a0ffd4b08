"""What COCO's server says of a submission, in any of the forms that it comes in.

The server's own page was not at hand: names, COCO's ten numbers and COCO's summary are
what its evaluation code prints, and what CodaLab keeps as `scores.txt`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mmsia.errors import DataError
from mmsia.files import read_json

STATS = ("ap", "ap50", "ap75", "ap_m", "ap_l", "ar", "ar50", "ar75", "ar_m", "ar_l")
"""The ten numbers of COCO's keypoint evaluation, in its order."""

_NAME = re.compile(
    r"^(AP|AR)[ _-]?\(?(?:(?:0?\.)?(50|75|(?<=\.)5)|(M|medium)|(L|large))?\)?$",
    re.IGNORECASE,
)
_LINE = re.compile(r"^\s*([A-Za-z][\w .()-]*?)\s*[:=]\s*(\S+)\s*$")
_SUMMARY = re.compile(
    r"\((AP|AR)\)\s*@\[\s*IoU=(0\.50:0\.95|0\.50|0\.75)\s*\|\s*"
    r"area=\s*(all|medium|large)\s*\|[^\]]*\]\s*=\s*(\S+)"
)
_SIZES = {"all": "", "medium": "_m", "large": "_l"}
_THRESHOLDS = {"0.50:0.95": "", "0.50": "50", "0.75": "75"}


def read_answer(path: Path) -> dict[str, float]:
    """Read what the server says.

    Args:
        path: A json of names and numbers or of COCO's ten numbers in their order, a
            text of `name: number` lines, or COCO's own summary. Fractions, as the
            server has them, or percent.

    Returns:
        Name -> percent.

    Raises:
        DataError: No such file, no AP in it, or what is no number from 0 to 100.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read {path}",
            expected="the server's answer, as text",
            got=str(error),
            remedy="Check the path.",
        ) from error
    is_json = text.lstrip().startswith(("{", "["))
    said = _from_json(read_json(path), path) if is_json else _from_text(text)
    numbers = {name: _number(value, name, path) for name, value in said.items()}
    # COCO's -1: nothing of that size among the truth
    numbers = {name: value for name, value in numbers.items() if value != -1}
    if "ap" not in numbers:
        raise DataError(
            f"{path} is no answer of COCO's server",
            expected="AP by its name, COCO's ten numbers or its summary",
            got=", ".join(said) or "none of these",
        )
    return _percent(numbers, path)


def _from_json(stored: Any, path: Path) -> dict[str, Any]:
    if isinstance(stored, list):
        if len(stored) != len(STATS):
            raise DataError(
                f"{path} is no answer of COCO's server",
                expected=f"{len(STATS)} numbers: {', '.join(STATS)}",
                got=f"{len(stored)}",
            )
        return dict(zip(STATS, stored, strict=True))
    return _named(stored.items())


def _from_text(text: str) -> dict[str, Any]:
    summary = {
        f"{kind.lower()}{_THRESHOLDS[overlap]}{_SIZES[area]}": value
        for kind, overlap, area, value in _SUMMARY.findall(text)
    }
    lines = (match for line in text.splitlines() if (match := _LINE.match(line)))
    return summary or _named((match.group(1), match.group(2)) for match in lines)


def _named(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs that are named as COCO's numbers, under our names."""
    found = {}
    for name, value in pairs:
        match = _NAME.match(name.strip())
        if match is not None:
            kind, threshold, medium, large = match.groups()
            size = "_m" if medium else "_l" if large else ""
            threshold = "50" if threshold == "5" else threshold or ""
            found[f"{kind.lower()}{threshold}{size}"] = value
    return found


def _number(value: Any, name: str, path: Path) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (0 <= number <= 100 or number == -1):
        raise DataError(
            f"{name} in {path}",
            expected="a number from 0 to 1, or percent to 100",
            got=repr(value),
        )
    return number


def _percent(numbers: Mapping[str, float], path: Path) -> dict[str, float]:
    fractions = [name for name, value in numbers.items() if 0 < value <= 1]
    percents = [name for name, value in numbers.items() if value > 1]
    if fractions and percents:
        raise DataError(
            f"the numbers in {path}",
            expected="all from 0 to 1, or all in percent",
            got=f"{fractions[0]} {numbers[fractions[0]]} and "
            f"{percents[0]} {numbers[percents[0]]}",
        )
    factor = 1.0 if percents else 100.0
    return {name: factor * value for name, value in numbers.items()}
