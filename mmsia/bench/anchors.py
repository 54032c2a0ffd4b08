"""Anchors: public weights with a known score, which the machinery must give again.

A row that differs from its print says something about the paper only where weights of
others, tested here, have the score that their makers state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mmsia.bench.ledger import Ledger
from mmsia.errors import ConfigError, DataError
from mmsia.files import read_json, sha256_file
from mmsia.paths import project_root

_ROUNDING = 1e-9


class Anchor(BaseModel):
    """Public weights and what they score.

    Attributes:
        id: Its name.
        about: What the network is, and how it is tested.
        config: Config relative to the project's root.
        file: Name of the weights' file.
        digest_prefix: What the file's SHA-256 begins with, where it is known.
        url: Where the file is.
        page: Where the score is stated.
        expected: That score, percent.
        score: Name of the score of a run.
        tolerance: How far ours may be off, in points.
        papers: Whose tables are computed by the same parts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern="^[a-z0-9-]+$")
    about: str
    config: str
    file: str
    digest_prefix: str = Field(default="", pattern="^[0-9a-f]*$")
    url: str
    page: str
    expected: float = Field(gt=0, lt=100, allow_inf_nan=False)
    score: str
    tolerance: float = Field(gt=0, allow_inf_nan=False)
    papers: tuple[str, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    anchors: tuple[Anchor, ...]


class Standing(StrEnum):
    """What came of an anchor."""

    GIVEN = "given"
    DIFFERS = "differs"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_RUN = "not-run"


@dataclass(frozen=True)
class AnchorState:
    """An anchor in a work folder.

    Attributes:
        standing: What came of it.
        value: Its score here, percent.
        run: Key of its run.
        weights: SHA-256 of the file that was tested.
        why: Why there is no verdict.
    """

    standing: Standing
    value: float | None = None
    run: str | None = None
    weights: str | None = None
    why: str = ""


def load_anchors(path: Path | None = None) -> dict[str, Anchor]:
    """The anchors by id.

    Args:
        path: Default `reproduce/anchors.yaml`.

    Raises:
        DataError: If the file does not say what it must, or has an id twice.
    """
    path = path or project_root() / "reproduce" / "anchors.yaml"
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = _File.model_validate(raw).anchors
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise DataError(
            f"anchors in {path}",
            got=" ".join(str(error).split()),
            remedy="Correct the file",
        ) from error
    by_id = {anchor.id: anchor for anchor in found}
    if len(by_id) < len(found):
        raise DataError(f"anchors in {path}", expected="each id once")
    return by_id


def choose_anchors(anchors: Mapping[str, Anchor], ids: Sequence[str]) -> list[Anchor]:
    """The anchors of these ids, all without ids.

    Raises:
        ConfigError: On an unknown id.
    """
    unknown = [name for name in ids if name not in anchors]
    if unknown:
        raise ConfigError(
            f"there is no anchor {unknown[0]!r}",
            expected=f"one of {', '.join(anchors)}",
        )
    return [anchors[name] for name in ids] if ids else list(anchors.values())


def find_file(anchor: Anchor, folder: Path) -> Path | None:
    """The file of an anchor as it was published or as `mmsia convert` wrote it.

    Args:
        anchor: The anchor.
        folder: Where weights lie.

    Raises:
        DataError: A file of that name that is another one.
    """
    published = folder / anchor.file
    converted = published.with_suffix(".safetensors")
    for path in (published, converted):
        if path.is_file():
            _check_digest(anchor, path)
            return path
    return None


def _check_digest(anchor: Anchor, path: Path) -> None:
    """Of a converted file the record beside it tells the published one's digest."""
    digest = sha256_file(path)
    if path.name != anchor.file:
        record = read_json(path.with_name(f"{path.name}.json"))
        if record["result"]["sha256"] != digest:
            raise DataError(
                f"{path} was changed since it was converted",
                expected=f"SHA-256 {record['result']['sha256']}",
                got=digest,
                remedy="Convert the published file again.",
            )
        digest = record["source"]["sha256"]
    if not digest.startswith(anchor.digest_prefix):
        raise DataError(
            f"{path} is not the weights of the anchor {anchor.id}",
            expected=f"a SHA-256 that begins with {anchor.digest_prefix}",
            got=digest,
            remedy=f"Fetch it again: {anchor.url}",
        )


def judge_anchor(anchor: Anchor, value: float) -> Standing:
    """Whether a score is the stated one, within the tolerance.

    Args:
        anchor: The anchor.
        value: On the whole of its data, percent.
    """
    off = abs(value - anchor.expected)
    return Standing.GIVEN if off <= anchor.tolerance + _ROUNDING else Standing.DIFFERS


def save_anchors(work_dir: Path, states: Mapping[str, AnchorState]) -> None:
    """Add or replace anchors of a work folder.

    What was not tested this time keeps what it had.

    Args:
        work_dir: The work folder.
        states: Id -> what came of it.
    """
    merged = load_states(work_dir)
    for name, state in states.items():
        if state.standing is not Standing.NOT_RUN or name not in merged:
            merged[name] = state
    _LEDGER.save(work_dir, merged)


def join_states(work_dir: Path, states: Mapping[str, AnchorState]) -> list[str]:
    """Add anchors that were tested elsewhere.

    Args:
        work_dir: The work folder.
        states: Those of another one.

    Returns:
        Those that have another result here already; it was kept.
    """
    here = {
        name: own
        for name, own in load_states(work_dir).items()
        if own.standing is not Standing.NOT_RUN
    }
    new = {name: state for name, state in states.items() if name not in here}
    if new:
        save_anchors(work_dir, new)
    return [
        name
        for name, state in states.items()
        if name in here
        and state.standing is not Standing.NOT_RUN
        and (state.run, state.value) != (here[name].run, here[name].value)
    ]


def load_states(work_dir: Path) -> dict[str, AnchorState]:
    """What came of the anchors of a work folder; nothing where none was asked for.

    Args:
        work_dir: The work folder.

    Raises:
        DataError: A damaged file, or one of a later mmsia.
    """
    return _LEDGER.load(work_dir)


def _state(entry: Mapping[str, Any]) -> AnchorState:
    return AnchorState(**{**entry, "standing": Standing(entry["standing"])})


_LEDGER: Ledger[AnchorState] = Ledger(
    "anchors",
    _state,
    "Remove it and run `mmsia anchors` again; finished runs are kept",
)
