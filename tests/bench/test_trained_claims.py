"""Claims on trained rows, from a plan to a verdict, on trainings that take no time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmsia.bench.claim_checklist import Trainings
from mmsia.bench.claim_results import claim_results
from mmsia.bench.compare import compare_table, load_runs
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.plan import make_plan
from mmsia.bench.power import planned_effects
from mmsia.bench.run import run_plan
from mmsia.bench.session import load_session, save_session, table_states
from mmsia.bench.spec import RunSpec
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale
from mmsia.bench.training_data import Images
from mmsia.bench.weights import Weights
from mmsia.errors import TrainingError

FLIP = "gog/flip-test-helps"


class Lab:
    """Trainings whose curve is flat; the flip test gains what it is told to."""

    def __init__(
        self,
        gain: float,
        overfit: float = 95.0,
        seed_sd: float = 1.0,
        broken: str = "none",
    ):
        self.gain, self.overfit, self.seed_sd = gain, overfit, seed_sd
        self.broken = broken

    def __call__(self, spec: RunSpec, request: Request) -> Measurement:
        if self.broken in spec.config:
            raise TrainingError(f"{spec.config} stopped")
        if spec.measure == "training":
            assert request.folder is not None
            path = request.folder / "weights.pth"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{spec.seed} {spec.settings}")
            losses = [10.0, *([1.0] * 19)]
            curve = tuple({"step": i, "loss": loss} for i, loss in enumerate(losses))
            weights = Weights.of(path, request.folder)
            counts = {"num_steps": 100}
            return Measurement({}, {}, counts, curves=curve, weights=weights)
        if "overfit" in str(spec.settings["overlay"].get("val_split")):
            return Measurement({"ap": self.overfit}, {}, {})
        assert request.weights is not None
        seed = int(request.weights.read_text().split()[0])
        value = 60 + self.seed_sd * np.random.default_rng(seed).normal()
        value += self.gain if "640_flip" in spec.config else 0.0
        draws = value + np.random.default_rng(0).normal(0, 1, spec.num_draws)
        interval = (value - 2, value + 2)
        return Measurement({"ap": value}, {"ap": interval}, {}, draws={"ap": draws})


@pytest.fixture
def judge(catalogue, data, options, tmp_path: Path):
    """Plan, make and judge gog/table1 at scale mini."""

    def judge_with(lab: Lab, **changes):
        few = replace(data, folder=tmp_path, digest="few")
        images = Images(replace(data, folder=tmp_path), few)
        asked = replace(
            options,
            scale=Scale.MINI,
            evidence=Evidence.TRAINING,
            num_draws=2000,
            **changes,
        )
        entries = [catalogue["gog/table1"]]
        plan = make_plan(entries, asked, data, lambda scales, config: images)
        stated = planned_effects(plan, entries, Scale.MINI, len(data.records))
        store = Store(tmp_path / "runs")
        outcomes = run_plan(plan, data, store, command="c", execute=lab)
        save_session(tmp_path, table_states(plan, outcomes, asked, data, "c", stated))
        states = load_session(tmp_path)
        runs = load_runs(states, store)
        found = claim_results(catalogue, states, runs, Trainings(store))
        cells = compare_table(entries[0], states[0], runs)
        return (
            {result.id: result for result in found},
            {cell.row: cell for cell in cells if cell.column == "ap"},
        )

    return judge_with


def test_a_gain_of_the_same_checkpoints_is_seen_through_their_spread(judge) -> None:
    claims, cells = judge(Lab(gain=0.5, seed_sd=3.0))
    flip = claims[FLIP]
    assert flip.verdict == "holds"
    assert flip.effect == pytest.approx(0.5)
    assert "3 seeds, the same checkpoints" in flip.reason
    for words in ("flat curves", "trained alike (100 steps)", "overfit check passed"):
        assert words in flip.reason
    assert "was stated before the run" in flip.reason
    assert cells["ours-1"].seeds == len(cells["ours-1"].runs) == 3
    wide = cells["ours-1"].ci_high - cells["ours-1"].ci_low
    # One seed's interval over images would be four wide.
    assert wide > 5


def test_the_other_side_is_contrary_and_no_refutation(judge) -> None:
    claims, _ = judge(Lab(gain=-0.5))
    assert claims[FLIP].verdict == "contrary"


def test_other_evidence_for_other_claims_is_left_alone(judge) -> None:
    claims, _ = judge(Lab(gain=0.5, broken="centernet"))
    assert claims["gog/plus-better"].verdict == "not-run"
    assert "no finished run of centernet-flip" in claims["gog/beats-centernet"].reason


def test_a_baseline_that_is_trained_here_can_be_beaten(judge) -> None:
    claims, _ = judge(Lab(gain=30.0))
    beaten = claims["gog/beats-centernet"]
    assert beaten.verdict == "holds" and beaten.effect == pytest.approx(30, abs=4)
    assert "the same checkpoints" not in beaten.reason


def test_a_network_that_learns_nothing_by_heart_gets_no_verdict(judge) -> None:
    claims, _ = judge(Lab(gain=5.0, overfit=12.0))
    assert claims[FLIP].verdict == "not-run"
    assert "the checklist does not allow a verdict" in claims[FLIP].reason
    assert "ours-1 12.0" in claims[FLIP].reason


def test_one_seed_decides_nothing(judge) -> None:
    claims, cells = judge(Lab(gain=5.0), num_seeds=1)
    assert claims[FLIP].verdict == "not-run"
    assert "--seeds 2 or more" in claims[FLIP].reason
    assert cells["ours-1"].seeds == 1
