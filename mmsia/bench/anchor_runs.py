"""Anchors as runs of the engine, on the data that their scores are stated for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mmsia.bench.anchors import Anchor, AnchorState, Standing, find_file, judge_anchor
from mmsia.bench.data import DataSource
from mmsia.bench.measures import MEASURES
from mmsia.bench.outcome import Outcome
from mmsia.bench.plan import Plan, PlannedRow
from mmsia.bench.settings import resolved_config
from mmsia.bench.sources import sources_digest
from mmsia.bench.spec import RunSpec
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Reason, Scale
from mmsia.bench.test_sets import TestSet, known_name, open_test_set
from mmsia.bench.training_plan import EVALUATE, config_digest
from mmsia.datasets.wholeness import why_partial
from mmsia.engine.kinds import kind_of
from mmsia.errors import DataError
from mmsia.files import sha256_file

TABLE = "anchors"
"""Stands for a table in plans and progress."""


def plan_anchors(
    anchors: Sequence[Anchor],
    weights: Path,
    data_root: Path,
    *,
    num_draws: int,
    threads: int,
    allow_partial: bool = False,
) -> Plan:
    """The runs of anchors whose files and data are there; of the others, why not.

    Args:
        anchors: The anchors.
        weights: Folder of the published files.
        data_root: Folder of the data sets.
        num_draws: Draws of the bootstrap.
        threads: Of a run's process.
        allow_partial: Go on with data that is not whole; nothing is judged on it.
    """
    files: dict[str, Path] = {}
    sources: dict[str, DataSource] = {}
    rows = []
    for anchor in anchors:
        try:
            path = find_file(anchor, weights)
        except DataError as error:
            rows.append(_not_here(anchor, Reason.NEEDS_WEIGHTS, str(error)))
            continue
        if path is None:
            rows.append(_not_here(anchor, Reason.NEEDS_WEIGHTS, _where(anchor)))
            continue
        try:
            data = _open(anchor, data_root, allow_partial)
        except DataError as error:
            rows.append(_not_here(anchor, Reason.NEEDS_DATA, str(error)))
            continue
        digest = sha256_file(path)
        files[digest], sources[data.digest] = path.resolve(), data
        run = _run(anchor.config, data, digest, num_draws, threads)
        rows.append(
            PlannedRow(TABLE, anchor.id, Evidence.INFERENCE, ((run,),), data=data)
        )
    return Plan(tuple(rows), files, sources)


def anchor_states(
    anchors: Mapping[str, Anchor],
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    store: Store,
) -> dict[str, AnchorState]:
    """What came of the anchors of a plan.

    Args:
        anchors: By id.
        plan: As `plan_anchors`.
        outcomes: What came of its runs, by its keys.
        store: Their results.
    """
    return {
        row.row: _state(anchors[row.row], row, outcomes, store) for row in plan.rows
    }


def _state(
    anchor: Anchor, row: PlannedRow, outcomes: Mapping[str, Outcome], store: Store
) -> AnchorState:
    if not row.runs:
        return AnchorState(Standing.NOT_RUN, why=f"{row.reason}: {row.why}")
    (spec,) = row.runs
    ended = outcomes[spec.key]
    run = store.load(ended.key) if ended.good else None
    if run is None:
        why = ended.error or "the stored result is missing or damaged"
        return AnchorState(Standing.FAILED, None, ended.key, spec.weights, why)
    value = run.result["scores"][anchor.score]
    state = AnchorState(Standing.PARTIAL, value, ended.key, spec.weights)
    data = row.data
    if data is None or not data.complete:
        what = data.name if data and data.simulated else "a part of the data"
        return replace(state, why=f"{what}: nothing is judged on it")
    return replace(state, standing=judge_anchor(anchor, value))


def _not_here(anchor: Anchor, reason: Reason, why: str) -> PlannedRow:
    return PlannedRow(TABLE, anchor.id, Evidence.INFERENCE, reason=reason, why=why)


def _where(anchor: Anchor) -> str:
    return f"no {anchor.file} among the weights; it is at {anchor.url}"


def _open(anchor: Anchor, data_root: Path, allow_partial: bool) -> DataSource:
    """The test set of an anchor.

    Raises:
        DataError: If it is not there, altered or, where that is not allowed, not whole.
    """
    from mmsia.engine.data_check import files_of
    from mmsia.engine.run_config import inner_dataset

    resolved = resolved_config(anchor.config)
    test = inner_dataset(resolved["test_dataloader"]["dataset"])
    name = Path(resolved["data_root"]).name
    folder = data_root / name
    files = files_of({"data_root": resolved["data_root"], **test})
    read = (*files, test.get("data_prefix", {}).get("img", ""))
    for needed in read:
        if not (folder / needed).exists():
            raise DataError(
                f"the data root {data_root}",
                expected=f"{folder / needed}",
                got="nothing there",
                remedy=f"`mmsia prepare {name}` tells where it comes from",
            )
    reasons = why_partial(folder, read, allow_partial=allow_partial)
    source = open_test_set(
        TestSet(kind_of(test, resolved), test["ann_file"]),
        folder,
        trained_on=[folder / file for file in files],
        name=known_name(name),
    )
    return replace(source, complete=False) if reasons else source


def _run(
    config: str, data: DataSource, weights: str, num_draws: int, threads: int
) -> RunSpec:
    known = MEASURES[EVALUATE]
    return RunSpec(
        measure=EVALUATE,
        evidence=Evidence.INFERENCE,
        settings={
            "config": config,
            "config_digest": config_digest(config),
            "overlay": {},
        },
        scale=Scale.PAPER,
        seed=0,
        num_draws=num_draws,
        data_digest=data.digest,
        sources_digest=sources_digest(known.all_sources),
        config=config,
        threads=threads if known.threads_matter else None,
        weights=weights,
    )
