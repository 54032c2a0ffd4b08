"""What a table of foreign names consists of: patterns, and what they become."""

from __future__ import annotations

import re
from collections.abc import Iterable

Rules = tuple[tuple[str, str], ...]
"""(pattern, replacement); the first that matches counts."""

DROPPED = ""
"""The place of a weight that our network has no use for."""


def place(name: str, rules: Rules, dropped: str) -> str | None:
    """Our name of a foreign weight.

    Args:
        name: The foreign one.
        rules: What becomes of names.
        dropped: Pattern of names that have no place; looked at first.

    Returns:
        Our name, `DROPPED`, or None for a name that no rule knows.
    """
    if re.match(dropped, name):
        return DROPPED
    for pattern, replacement in rules:
        renamed, count = re.subn(pattern, replacement, name)
        if count:
            return renamed
    return None


def places(
    names: Iterable[str], rules: Rules, dropped: str = r"(?!)"
) -> dict[str, str | None]:
    """Foreign name -> our name, as `place`.

    Args:
        names: The foreign ones.
        rules: What becomes of names.
        dropped: Pattern of names that have no place; nothing has none if not given.
    """
    return {name: place(name, rules, dropped) for name in names}
