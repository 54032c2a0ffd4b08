"""What a pickle would call or make, read without running it."""

from __future__ import annotations

import pickletools
from pathlib import Path
from typing import BinaryIO

_STRINGS = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"}
# What every file of weights names, and torch's safe reader allows.
_HARMLESS = ("torch.", "collections.")


def names_in_pickles(path: Path) -> list[str]:
    """List the foreign functions and classes that a bare pickle names.

    Args:
        path: One pickle after the other, as pickle or torch's old format writes them;
            what follows the last readable one is not looked at.
    """
    found: set[str] = set()
    with open(path, "rb") as file:
        try:
            while file.peek(1):
                _collect(file, found)
        # Not a pickle from here on: numbers of tensors, or damage.
        except Exception:
            return _foreign(found)
    return _foreign(found)


def _collect(file: BinaryIO, found: set[str]) -> None:
    strings: list[str] = []
    for operation, argument, _ in pickletools.genops(file):
        if operation.name in _STRINGS:
            strings.append(str(argument))
        elif operation.name in ("GLOBAL", "INST"):
            found.add(str(argument).replace(" ", "."))
        elif operation.name == "STACK_GLOBAL":
            found.add(".".join(strings[-2:]))


def _foreign(names: set[str]) -> list[str]:
    return sorted(name for name in names if not name.startswith(_HARMLESS))
