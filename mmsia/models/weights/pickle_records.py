"""A pickle read as plain values and records: nothing that it names is imported.

Every class or function of a pickle becomes an inert class made for this one reading,
and what the pickle would have called it with is kept beside its name. Names that the
caller does not expect refuse the file before anything is made of it.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmsia.errors import DataError, UnsafeFileError
from mmsia.models.weights.pickles import names_in_pickles

_LISTED = 6


class Record:
    """An object of a pickle, not made.

    Attributes:
        name: Class or function, `module.name`.
        args: What it would have been called with.
        state: What it would have been filled with; None for nothing.
    """

    name = ""
    args: tuple[Any, ...]
    state: Any

    def __new__(cls, *args: Any) -> Record:
        """Keep what it was called with."""
        record = super().__new__(cls)
        record.args, record.state = args, None
        return record

    def __init__(self, *args: Any) -> None:
        """Nothing else to do."""

    def __setstate__(self, state: Any) -> None:
        """Keep what it was filled with."""
        self.state = state


def read_records(path: str | Path, expected: Callable[[str], bool]) -> Any:
    """Read a pickle of Python 2 or 3.

    Args:
        path: The file.
        expected: Tells of `module.name` whether the file may name it.

    Returns:
        Its value, of plain Python values and of records. Bytes of Python 2 are text of
        which each character is a byte (latin1).

    Raises:
        UnsafeFileError: It names something else; nothing of it has run.
        DataError: No such file, or a damaged one.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot read {path}",
            expected="a pickle",
            got=error.strerror or str(error),
            remedy="Check the path.",
        ) from error
    try:
        return _Reader(io.BytesIO(data), expected).load()
    except _UnexpectedNameError as error:
        names = [name for name in names_in_pickles(path) if not expected(name)]
        names = list(dict.fromkeys([str(error), *names]))
        raise UnsafeFileError(
            f"{path} holds more than arrays",
            expected="numbers, texts and the classes of such a file alone",
            got=", ".join(names[:_LISTED]) + (" ..." if len(names) > _LISTED else ""),
            remedy="Nothing of it was run. Fetch the file again from where it is "
            "published.",
        ) from error
    # Damaged pickles raise what they like: EOFError, ValueError, IndexError, ...
    except Exception as error:
        first = (str(error).splitlines() or [""])[0][:200]
        raise DataError(
            f"{path} cannot be read",
            expected="a whole pickle",
            got=f"{type(error).__name__}: {first}",
            remedy="The file is damaged or incomplete: fetch it again.",
        ) from error


class _UnexpectedNameError(Exception):
    """A name that the file should not hold."""


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, expected: Callable[[str], bool]) -> None:
        super().__init__(file, encoding="latin1")
        self._expected = expected

    def find_class(self, module: str, name: str) -> type[Record]:
        full = f"{module}.{name}"
        if not self._expected(full):
            raise _UnexpectedNameError(full)
        # A class of its own: nothing that a file does to it outlives the reading.
        return type("Record", (Record,), {"name": full})
