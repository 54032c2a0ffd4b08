"""What other code was measured to give on the very same annotation file.

Not printed numbers and no base of a verdict: a second opinion on the method, shown
beside ours wherever the annotations are the same by digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mmsia.errors import DataError
from mmsia.paths import project_root


class Reference(BaseModel):
    """One measurement of other code: which row, on which file, with what result."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    row: str
    about: str
    data: str
    data_digest: str = Field(pattern="^[0-9a-f]{64}$")
    values: dict[str, Annotated[float, Field(strict=True, allow_inf_nan=False)]]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    measurements: tuple[Reference, ...]


def load_references(
    folder: Path | None = None,
) -> Mapping[tuple[str, str, str], Reference]:
    """All measurements by (table, row, SHA-256 of the annotations).

    Args:
        folder: Default `reproduce/references`.

    Raises:
        DataError: If a file does not say what it must.
    """
    folder = folder or project_root() / "reproduce" / "references"
    found: dict[tuple[str, str, str], Reference] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
            measurements = _File.model_validate(raw).measurements
        except (yaml.YAMLError, ValidationError) as error:
            raise DataError(
                f"reference measurements in {path}",
                got=" ".join(str(error).split()),
                remedy="Correct the file",
            ) from error
        found |= {(m.table, m.row, m.data_digest): m for m in measurements}
    return found
