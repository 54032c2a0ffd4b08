"""Efficiency runs in the engine: one a table, beside whatever else was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmsia.bench.claim_checklist import Trainings
from mmsia.bench.claim_results import claim_results
from mmsia.bench.compare import compare_table, load_runs
from mmsia.bench.efficiency_scores import summarise
from mmsia.bench.executors.base import Executor
from mmsia.bench.measurement import Measurement
from mmsia.bench.outcome import Outcome
from mmsia.bench.plan import Options, make_plan
from mmsia.bench.recompute import verify_run
from mmsia.bench.run import run_plan
from mmsia.bench.session import load_session, save_session, table_states
from mmsia.bench.store import Store
from mmsia.bench.terms import ClaimVerdict, Evidence, Reason, Scale, Status, Verdict
from mmsia.report.write import write_report

TABLE = "cganet/table4"
GPU = {"kind": "cuda", "name": "NVIDIA T0"}
CPU = {"kind": "cpu", "name": "Some Processor"}
DRAWS = 4000


def _about(device: dict, record: dict) -> dict:
    versions = {"threads": 1, "torch": "2.0", "cuda": "1.0", "cudnn": 9, "load": [0, 1]}
    kinds = {"rounds": {"total": 8, "train": 8}, "boxes": 20, "sizes": [[640, 480]]}
    people = {"people": {}, "batches": record["batches"]}
    return {**device, **versions, **kinds, **people}


class Timed:
    """Stands for the work of a run: train steps of given seconds, and memory."""

    def __init__(self, device: dict, seconds: dict, memory: dict) -> None:
        self.device, self.seconds, self.memory = device, seconds, memory

    def __call__(self, spec, request) -> Measurement:
        if spec.measure != "efficiency":
            return Measurement(scores={"params_m": 34.0}, intervals={}, counts={})
        rng = np.random.default_rng(0)
        noise = 1 + rng.uniform(0, 0.02, 12)
        kind = "allocated" if self.device["kind"] == "cuda" else "resident"
        record = {
            "times": {
                "train": {r: (s * noise).tolist() for r, s in self.seconds.items()}
            },
            "memory": {row: {kind: value} for row, value in self.memory.items()},
            "batches": dict.fromkeys(self.seconds, 64),
        }
        found = summarise(record, spec.num_draws)
        return Measurement(
            scores=found.scores,
            intervals=found.intervals,
            draws=found.draws,
            counts={},
            predictions=record,
            device=_about(self.device, record),
        )


SECONDS = {"simple-resnet-50": 1.0, "hrnet-w32": 2.2, "ours-d3w64": 1.0}
MEMORY = {"simple-resnet-50": 7829.0, "hrnet-w32": 11000.0, "ours-d3w64": 5500.0}


@pytest.fixture
def timed(catalogue, data, tmp_path):
    """Runs Table 4 with a stand-in; (entry, states, store, runs)."""

    def make(device=GPU, seconds=SECONDS, memory=MEMORY):
        options = Options(
            Scale.SMOKE, Evidence.EFFICIENCY, num_draws=DRAWS, device=lambda: device
        )
        entry, store = catalogue[TABLE], Store(tmp_path / "runs")
        plan = make_plan([entry], options, data)
        work = Timed(device, seconds, memory)
        outcomes = run_plan(plan, data, store, command="mmsia e", execute=work)
        states = table_states(plan, outcomes, options, data, "mmsia e")
        return entry, states, store, load_runs(states, store)

    return make


def _cells(entry, states, runs):
    cells = compare_table(entry, states[0], runs)
    return {(cell.row, cell.column): cell for cell in cells}


def test_all_rows_of_a_table_are_one_run(catalogue, data) -> None:
    options = Options(Scale.SMOKE, Evidence.EFFICIENCY, device=lambda: CPU)
    plan = make_plan([catalogue[TABLE], catalogue["cganet/table1"]], options, data)
    runs = [run for run in plan.runs if run.evidence is Evidence.EFFICIENCY]
    assert [len(run.settings["rows"]) for run in runs] == [3, 7]
    assert runs[0].settings["scores"] == ["memory", "train_sps"]
    assert len(plan.rows_of(runs[0].key)) == 3
    # The paper's networks, whatever the scale.
    assert {run.scale for run in runs} == {Scale.PAPER}
    outside = next(row for row in plan.rows if row.row == "hourglass-8-stage")
    assert outside.reason is Reason.EXTERNAL and outside.efficiency is None


def test_another_device_is_another_run(catalogue, data) -> None:
    def key(device: dict, threads: int = 1) -> str:
        options = Options(
            Scale.SMOKE, Evidence.EFFICIENCY, threads=threads, device=lambda: device
        )
        return make_plan([catalogue[TABLE]], options, data).runs[-1].key

    assert len({key(CPU), key(GPU), key(CPU, threads=2)}) == 3
    assert key(CPU) == key(CPU)


def test_speeds_are_information_and_memory_of_a_gpu_is_judged(timed) -> None:
    entry, states, _, runs = timed()
    cells = _cells(entry, states, runs)
    speed = cells["ours-d3w64", "train_sps"]
    assert speed.verdict is Verdict.NOT_COMPARABLE and speed.difference is None
    assert speed.value == pytest.approx(64, rel=0.03)
    assert speed.ci_low <= speed.value <= speed.ci_high
    for words in ("NVIDIA T0", "1 thread", "torch 2.0", "batch 64", "2080Ti"):
        assert words in speed.reason
    assert cells["simple-resnet-50", "memory"].verdict is Verdict.MATCH
    assert cells["ours-d3w64", "memory"].verdict is Verdict.DIFFERS
    assert cells["hourglass-8-stage", "memory"].verdict is Verdict.NO_REFERENCE
    assert cells["ours-d3w64", "ap"].verdict is Verdict.SKIPPED


def test_memory_of_a_processor_is_not_judged(timed) -> None:
    entry, states, _, runs = timed(CPU)
    cell = _cells(entry, states, runs)["ours-d3w64", "memory"]
    assert cell.verdict is Verdict.NOT_COMPARABLE and cell.value == 5500.0
    assert "resident memory" in cell.reason


def test_what_was_not_asked_for_says_how(catalogue, timed) -> None:
    entry, states, _, runs = timed()
    rows = {r: replace(s, efficiency=None) for r, s in states[0].rows.items()}
    cells = _cells(entry, [replace(states[0], rows=rows)], runs)
    reason = cells["ours-d3w64", "train_sps"].reason
    assert "mmsia reproduce cganet/table4 --evidence efficiency" in reason


def test_a_failed_run_fails_its_cells(catalogue, data, tmp_path) -> None:
    def broken(spec, request):
        raise RuntimeError("no such device")

    options = Options(Scale.SMOKE, Evidence.EFFICIENCY, device=lambda: GPU)
    entry, store = catalogue[TABLE], Store(tmp_path / "runs")
    plan = make_plan([entry], options, data)
    outcomes = run_plan(plan, data, store, command="c", execute=broken)
    states = table_states(plan, outcomes, options, data, "c")
    cell = _cells(entry, states, load_runs(states, store))["hrnet-w32", "train_sps"]
    assert cell.verdict is Verdict.FAILED and "no such device" in cell.reason


def test_what_the_budget_left_out_was_asked_for(catalogue, data, tmp_path) -> None:
    options = Options(Scale.SMOKE, Evidence.EFFICIENCY, device=lambda: GPU)
    entry = catalogue[TABLE]
    plan = make_plan([entry], options, data)
    why = "the budget was over"
    ended = {r.key: Outcome(r.key, Status.INTERRUPTED, why) for r in plan.runs}
    save_session(tmp_path, table_states(plan, ended, options, data, "c"))
    cell = _cells(entry, load_session(tmp_path), {})["hrnet-w32", "train_sps"]
    assert (cell.verdict, cell.reason) == (Verdict.SKIPPED, why)


@pytest.mark.parametrize("speeds_first", [True, False])
def test_speeds_stand_beside_what_else_was_asked_for(
    catalogue, data, timed, tmp_path, speeds_first
) -> None:
    _, speeds, store, _ = timed()
    options = Options(Scale.SMOKE, Evidence.TRAINING)
    plan = make_plan([catalogue[TABLE]], options, data)
    outcomes = run_plan(plan, data, store, command="c", execute=Timed(GPU, {}, {}))
    trained = table_states(plan, outcomes, options, data, "mmsia t")
    for states in (speeds, trained) if speeds_first else (trained, speeds):
        save_session(tmp_path, states)
    # The same again: what was timed stays.
    save_session(tmp_path, trained)
    (state,) = load_session(tmp_path)
    assert state.evidence is Evidence.TRAINING and state.command == "mmsia t"
    key = speeds[0].rows["ours-d3w64"].efficiency
    assert key and state.rows["ours-d3w64"].efficiency == key


def _claims(catalogue, states, store, runs):
    found = claim_results(catalogue, states, runs, Trainings(store))
    return {claim.id: claim for claim in found}


def test_claims_are_decided_by_ratios_of_one_run(catalogue, timed) -> None:
    _, states, store, runs = timed()
    found = _claims(catalogue, states, store, runs)
    faster = found["cganet/separated-2.2x"]
    assert faster.verdict is ClaimVerdict.HOLDS and faster.scale is None
    assert faster.effect == pytest.approx(2.2) and "NVIDIA T0" in faster.reason
    half = found["cganet/separated-half-memory"]
    assert half.verdict is ClaimVerdict.HOLDS and half.effect == pytest.approx(0.5)
    assert "not asked for" in found["cganet/guider-faster"].reason


def test_contrary_claims_are_shown_as_contrary(catalogue, timed) -> None:
    slow = {**SECONDS, "ours-d3w64": 2.0}
    _, states, store, runs = timed(CPU, slow)
    found = _claims(catalogue, states, store, runs)
    assert found["cganet/separated-2.2x"].verdict is ClaimVerdict.CONTRARY
    half = found["cganet/separated-half-memory"]
    assert half.verdict is ClaimVerdict.NOT_RUN and "Some Processor" in half.reason


def test_verify_finds_a_number_that_its_rounds_do_not_give(timed) -> None:
    *_, store, runs = timed()
    run = next(r for r in runs.values() if "device" in r.result)
    assert verify_run(store, run) == []
    run.result["scores"]["hrnet-w32/train_sps"] += 1
    (found,) = verify_run(store, run)
    assert found.name == "scores.hrnet-w32/train_sps"


def test_the_report_names_the_device_and_draws_the_rows(
    catalogue, timed, tmp_path
) -> None:
    _, states, store, _ = timed()
    page = write_report(tmp_path, catalogue, states, store).path
    text = page.with_name("report.md").read_text()
    assert "NVIDIA T0, 1 thread, torch 2.0" in text and "scale smoke" not in text
    lines = page.with_name("cganet-table4-speeds.csv").read_text().splitlines()
    assert len([line for line in lines if ",train_sps," in line]) == 3
    assert "timed in turns" in page.read_text()


def test_nothing_runs_beside_a_run_that_is_to_be_alone(catalogue, data, tmp_path):
    class Watched(Executor):
        """Ends a run when it is asked for events; notes who ran beside whom."""

        together: list[set[str]] = []

        def _launch(self, job) -> None:
            self._jobs = {**getattr(self, "_jobs", {}), job.spec.key: job}
            kinds = {own.spec.measure for own in self._jobs.values()}
            self.together.append(kinds)

        def _poll(self, seconds):
            from mmsia.bench.executors.job import run_one

            key, job = next(iter(self._jobs.items()))
            del self._jobs[key]
            return [run_one(job, execute=Timed(CPU, SECONDS, MEMORY))]

        def _stop(self, key) -> None:
            self._jobs.pop(key, None)

    options = Options(
        Scale.SMOKE, Evidence.EFFICIENCY, num_draws=10, device=lambda: CPU
    )
    plan = make_plan([catalogue[TABLE]], options, data)
    executor = Watched(slots=4)
    outcomes = run_plan(plan, data, Store(tmp_path), command="c", executor=executor)
    assert {outcome.status for outcome in outcomes.values()} == {Status.DONE}
    assert {"efficiency"} in executor.together
    assert not any(len(kinds) > 1 for kinds in executor.together)
    assert {"structure"} in executor.together
