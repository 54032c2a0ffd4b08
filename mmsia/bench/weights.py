"""Weights that a run leaves in its folder, known by their digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from mmsia.files import sha256_file


@dataclass(frozen=True)
class Weights:
    """A file of weights.

    Attributes:
        file: Path relative to the run's folder.
        digest: SHA-256 of its bytes.
    """

    file: str
    digest: str

    @classmethod
    def of(cls, path: Path, folder: Path) -> Self:
        """Describe a file that is there.

        Args:
            path: The file.
            folder: The run's folder, above it.
        """
        return cls(path.relative_to(folder).as_posix(), sha256_file(path))

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(record["file"], record["digest"])

    def as_json(self) -> dict[str, str]:
        """Plain values for the store."""
        return asdict(self)

    def problem(self, folder: Path) -> str | None:
        """What is wrong with the file, or None.

        Args:
            folder: The run's folder.
        """
        path = folder / self.file
        if not path.is_file():
            return f"the weights {path} are missing"
        if sha256_file(path) != self.digest:
            return f"the weights {path} were changed since they were made"
        return None
