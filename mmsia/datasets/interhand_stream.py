"""The members of large JSON files, one after the other.

InterHand2.6M's annotations are objects of objects, or of lists, with up to millions of
small members. Read whole, a gigabyte of text becomes ten of Python's objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from mmsia.errors import DataError

# Characters that are read at once, and the most that one member may have.
_CHUNK = 1 << 20
_LARGEST = 1 << 26


def stream_members(path: str | Path) -> Iterator[tuple[str, str | int, Any]]:
    """Read the members of the members of a JSON object.

    Args:
        path: File with an object whose values are objects or lists; other values are
            passed over.

    Yields:
        Key of the outer object, key (number in a list) in the inner one, and value.

    Raises:
        DataError: The file is missing, truncated, no such JSON, or holds NaN or an
            infinity; the message names the file and the place.
    """
    path = Path(path)
    try:
        with open(path, encoding="utf-8") as file:
            text = _Text(path, file)
            yield from _outer(text)
            text.end()
    except UnicodeDecodeError as error:
        raise _damaged(path, "UTF-8 text", error.reason) from error
    except OSError as error:
        raise DataError(
            f"cannot read {path}",
            expected="a JSON file",
            got=error.strerror or str(error),
            remedy="Check the path.",
        ) from error


def _outer(text: _Text) -> Iterator[tuple[str, str | int, Any]]:
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    while True:
        key = text.key()
        kind = text.peek()
        if kind in "{[":
            for inner, value in _inner(text, kind):
                yield key, inner, value
        else:
            text.value()
        if text.take(",}") == "}":
            return


def _inner(text: _Text, kind: str) -> Iterator[tuple[str | int, Any]]:
    close = "}" if kind == "{" else "]"
    text.take(kind)
    if text.peek() == close:
        text.take(close)
        return
    number = 0
    while True:
        yield (text.key() if kind == "{" else number), text.value()
        number += 1
        if text.take("," + close) == close:
            return


class _Text:
    """A place in a file, of which only what comes next is kept."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self.path, self.file = path, file
        self.text, self.at, self.passed, self.ended = "", 0, 0, False
        self.decoder = json.JSONDecoder(parse_constant=self._refuse)

    def peek(self) -> str:
        """The next character that is no white space."""
        if not self._skip_space():
            raise _damaged(self.path, "whole JSON", f"its end {self._place()}")
        return self.text[self.at]

    def take(self, allowed: str) -> str:
        """Step over the next character, which must be one of some."""
        found = self.peek()
        if found not in allowed:
            wanted = " or ".join(allowed)
            raise _damaged(self.path, wanted, f"{found!r} {self._place()}")
        self.at += 1
        return found

    def key(self) -> str:
        """Step over a key and its colon."""
        self.peek()
        found = self.value()
        if not isinstance(found, str):
            raise _damaged(self.path, "a key in quotes", f"{found!r} {self._place()}")
        self.take(":")
        return found

    def value(self) -> Any:
        """Step over a value of any kind."""
        self.peek()
        size = _CHUNK
        while True:
            try:
                found, end = self.decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                # It may only be cut where the text that was read so far ends.
                if self.ended or len(self.text) - self.at > _LARGEST:
                    got = f"{error.msg} {self._place()}"
                    raise _damaged(self.path, "whole JSON", got) from error
            else:
                # A number may go on: 12 | 12. | 12e+ are all read as 12.
                if end + 2 < len(self.text) or self.ended:
                    self.at = end
                    return found
            self._more(size)
            # Doubled, so that a large value costs no more than reading it twice.
            size *= 2

    def end(self) -> None:
        """Refuse anything but white space."""
        if self._skip_space():
            got = f"{self.text[self.at]!r} {self._place()}"
            raise _damaged(self.path, "nothing after the object", got)

    def _skip_space(self) -> bool:
        """Go to the next character that is none; whether there is one."""
        while True:
            while self.at < len(self.text):
                if self.text[self.at] not in " \t\r\n":
                    return True
                self.at += 1
            if not self._more(_CHUNK):
                return False

    def _more(self, size: int) -> bool:
        read = self.file.read(size)
        self.text, self.passed = self.text[self.at :] + read, self.passed + self.at
        self.at, self.ended = 0, not read
        return not self.ended

    def _place(self) -> str:
        return f"at character {self.passed + self.at}"

    def _refuse(self, name: str) -> None:
        raise _damaged(self.path, "finite numbers", f"{name} after {self._place()}")


def _damaged(path: Path, expected: str, got: str) -> DataError:
    return DataError(
        f"{path} is not a usable JSON file",
        expected=expected,
        got=got,
        remedy="The file is damaged or incomplete: fetch it again.",
    )
