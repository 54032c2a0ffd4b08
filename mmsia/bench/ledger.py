"""Small records of a work folder by name, in a file of their own beside the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from mmsia.errors import DataError
from mmsia.files import read_json, write_json

SCHEMA = 1
Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Ledger(Generic[Entry]):
    """Where one kind of records is kept.

    Attributes:
        kind: What they are, which names the file and its list.
        read: Makes a record of its plain values.
        remedy: What to do about a damaged file.
    """

    kind: str
    read: Callable[[Mapping[str, Any]], Entry]
    remedy: str

    def load(self, work_dir: Path) -> dict[str, Entry]:
        """The records of a work folder; none where there is no file.

        Args:
            work_dir: The work folder.

        Raises:
            DataError: A damaged file, or one of a later mmsia.
        """
        path = self._path(work_dir)
        if not path.is_file():
            return {}
        record = read_json(path)
        try:
            if record["schema"] != SCHEMA:
                raise ValueError(f"schema {record['schema']!r}")
            return {name: self.read(own) for name, own in record[self.kind].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path} is damaged or of another mmsia",
                expected=f"schema {SCHEMA}",
                got=f"{type(error).__name__}: {error}",
                remedy=self.remedy,
            ) from error

    def save(self, work_dir: Path, records: Mapping[str, Any]) -> None:
        """Write all records of a work folder.

        Args:
            work_dir: The work folder.
            records: Name -> dataclass.
        """
        plain = {name: asdict(own) for name, own in sorted(records.items())}
        write_json(self._path(work_dir), {"schema": SCHEMA, self.kind: plain})

    def _path(self, work_dir: Path) -> Path:
        return work_dir / f"{self.kind}.json"
