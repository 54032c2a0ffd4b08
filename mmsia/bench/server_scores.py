"""Scores that only COCO's server can give: kept in a work folder, shown in rows.

A score of the server is one number for one submission. It has no draws: no interval and
no claim rests on it. Numbers on val2017 are another quantity and stay in their tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmsia.bench.compare import Cell
from mmsia.bench.ledger import Ledger
from mmsia.bench.recipe import CatalogueEntry
from mmsia.bench.rules import MARGINS, judge
from mmsia.bench.terms import Evidence, Reason, Scale, Verdict
from mmsia.errors import ConfigError, DataError
from mmsia.files import read_json, sha256_file


@dataclass(frozen=True)
class ServerScore:
    """The server's answer for a row.

    Attributes:
        scores: Name -> percent, names as those of a run.
        file: Name of the answer's file.
        digest: SHA-256 of it.
        submission: SHA-256 of the submitted archive, where it is known.
        checkpoint: SHA-256 of the weights that made it, where they are known.
    """

    scores: Mapping[str, float]
    file: str
    digest: str
    submission: str | None = None
    checkpoint: str | None = None


def row_of(
    catalogue: Mapping[str, CatalogueEntry], name: str
) -> tuple[CatalogueEntry, str]:
    """The table and the row that only the server can score.

    Args:
        catalogue: Tables by id.
        name: `table/row`, such as `gog/table3/ours-final-768`.

    Raises:
        ConfigError: No such row, or one that is scored here.
    """
    table, _, row = name.rpartition("/")
    served = [
        f"{key}/{own}"
        for key, entry in catalogue.items()
        for own, recipe in entry.recipe.every_row.items()
        if recipe.reason is Reason.NEEDS_SERVER and recipe.config
    ]
    if name not in served:
        known = table in catalogue and row in catalogue[table].recipe.every_row
        raise ConfigError(
            f"{name!r} is {'scored here' if known else 'no row'}",
            expected=f"a row that only the server can score: {', '.join(served)}",
        )
    return catalogue[table], row


def check_submission(record: Path, name: str) -> dict[str, Any]:
    """Check what `mmsia export` wrote against a row and its own digests.

    Args:
        record: The `.record.json` beside the submission.
        name: `table/row`.

    Raises:
        DataError: Of another row, or a submission that was changed since.
    """
    said = read_json(record)
    row = said.get("row") if isinstance(said, dict) else None
    if row != name:
        raise DataError(
            f"the submission {record}",
            expected=f"one of the row {name}",
            got=f"one of {row}" if row else "one of no row",
            remedy="Export it with the row in place of a config.",
        )
    archive = record.with_name(said["archive"]["file"])
    if archive.is_file() and sha256_file(archive) != said["archive"]["sha256"]:
        raise DataError(
            f"the submission {archive} was changed since it was exported",
            expected=f"SHA-256 {said['archive']['sha256']}",
            got=sha256_file(archive),
        )
    return said


def save_score(
    work_dir: Path, name: str, score: ServerScore, *, replaced: bool = False
) -> None:
    """Keep an answer in a work folder.

    Args:
        work_dir: The work folder.
        name: `table/row`.
        score: The answer.
        replaced: Whether another answer may stand there already.

    Raises:
        DataError: Another answer stands there.
    """
    scores = load_scores(work_dir)
    if name in scores and scores[name].digest != score.digest and not replaced:
        raise DataError(
            f"{name} has another answer of the server already",
            expected=f"SHA-256 {scores[name].digest} ({scores[name].file})",
            got=f"{score.digest} ({score.file})",
            remedy="--replace puts this one in its place.",
        )
    scores[name] = score
    _LEDGER.save(work_dir, scores)


def join_scores(work_dir: Path, scores: Mapping[str, ServerScore]) -> list[str]:
    """Add answers that were entered elsewhere.

    Args:
        work_dir: The work folder.
        scores: Those of another one.

    Returns:
        Rows that have another answer here already; it was kept.
    """
    here = load_scores(work_dir)
    for name, score in scores.items():
        if name not in here:
            save_score(work_dir, name, score)
    return [
        name
        for name, score in scores.items()
        if name in here and here[name].digest != score.digest
    ]


def load_scores(work_dir: Path) -> dict[str, ServerScore]:
    """`table/row` -> the server's answer; nothing where none was entered.

    Args:
        work_dir: The work folder.

    Raises:
        DataError: A damaged file, or one of a later mmsia.
    """
    return _LEDGER.load(work_dir)


def with_server_scores(
    entry: CatalogueEntry,
    cells: Iterable[Cell],
    scores: Mapping[str, ServerScore],
    *,
    beside: str | None = None,
) -> list[Cell]:
    """The cells of a table, with the server's numbers where it gave some.

    Args:
        entry: The published table and its recipe.
        cells: Of its rows, or of what stands beside them.
        scores: As `load_scores`.
        beside: Of what stands beside the rows: why it is not comparable.
    """
    return [_with_score(entry, cell, scores, beside) for cell in cells]


def _with_score(
    entry: CatalogueEntry,
    cell: Cell,
    scores: Mapping[str, ServerScore],
    beside: str | None,
) -> Cell:
    own = scores.get(f"{cell.table}/{cell.row}")
    if own is None:
        return cell
    value = own.scores.get(entry.recipe.columns.get(cell.column, ""))
    if value is None:
        return cell
    if beside is None:
        verdict, reason = _judged(entry, cell, value)
    else:
        verdict, reason = Verdict.NOT_COMPARABLE, beside
    source = f"scored by the server, file digest {own.digest[:12]}"
    if own.checkpoint is not None:
        source += f", weights digest {own.checkpoint[:12]}"
    return replace(
        cell,
        value=value,
        seeds=1,
        evidence=Evidence.INFERENCE,
        scale=Scale.PAPER,
        verdict=verdict,
        reason=f"{source}; {reason}",
    )


def _judged(entry: CatalogueEntry, cell: Cell, value: float) -> tuple[Verdict, str]:
    (column,) = (c for c in entry.table.columns if c.name == cell.column)
    margin = MARGINS.get(column.metric)
    if margin is None:
        return Verdict.NOT_COMPARABLE, f"no margin is fixed for {column.metric}"
    verdict = judge(
        cell.published,
        (value, value),
        margin=margin.at(cell.published or 0.0),
        higher_is_better=column.higher_is_better,
    )
    return verdict, f"one number without an interval, margin {margin}"


_LEDGER: Ledger[ServerScore] = Ledger(
    "server_scores",
    lambda entry: ServerScore(**entry),
    "Remove it and enter the server's answers again",
)
