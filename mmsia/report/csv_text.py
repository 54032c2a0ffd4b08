"""The numbers behind a figure, as text of a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any


def csv_text(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """A header and its lines.

    Args:
        header: Names of the columns.
        lines: One sequence a line.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return buffer.getvalue()
