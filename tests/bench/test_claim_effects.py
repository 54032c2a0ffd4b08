"""Effects pair the same images; verdicts come with what could have been seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmsia.bench.claim_checklist import Trainings
from mmsia.bench.claim_effects import (
    Comparison,
    band_of,
    comparisons,
    measure_effect,
    printed_effect,
    share_checkpoints,
)
from mmsia.bench.claim_results import claim_results
from mmsia.bench.claims import Difference, EachBeats, Measured, Monotone, Order
from mmsia.bench.compare import load_runs
from mmsia.bench.session import load_session
from mmsia.bench.store import Store, StoredRun
from mmsia.cli.main import main
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.errors import DataError


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three upper bounds on 90 crowds, at a scale that allows verdicts."""
    folder = tmp_path_factory.mktemp("work")
    path = write_crowds(folder / "crowds", 90, 3, with_images=False)
    words = ["reproduce", "gog/upper-bounds", "--scale", "mini", "--num-draws", "700"]
    assert main([*words, "--ann-file", str(path), "--work-dir", str(folder / "w")]) == 0
    return folder / "w"


def _results(work: Path, catalogue: dict, change=lambda run: None) -> dict:
    states, store = load_session(work), Store(work / "runs")
    runs = load_runs(states, store)
    for run in runs.values():
        change(run)
    found = claim_results(catalogue, states, runs, Trainings(store))
    return {result.id: result for result in found}


def test_upper_bounds_decide_their_claims(work: Path, catalogue) -> None:
    results = _results(work, catalogue)
    assert len(results) == 16
    limbs = results["gog/more-limbs-raise-the-bound"]
    assert limbs.verdict == "holds"
    assert limbs.published_supports is True
    assert 0 < limbs.ci_low < limbs.effect < limbs.ci_high
    assert limbs.smallest_detectable_effect > 0
    assert "smallest detectable effect" in limbs.reason
    assert "was stated before the run" in limbs.reason
    bicubic = results["gog/bicubic-beats-bilinear"]
    assert bicubic.verdict == "not-run"
    assert "mmsia reproduce gog/table2 --evidence oracle" in bicubic.reason
    flip = results["gog/flip-test-helps"]
    assert "mmsia reproduce gog/table1 --scale mini" in flip.reason
    assert results["gog/plus-better"].reason.startswith("needs trained networks")


def test_runs_without_draws_decide_nothing(work: Path, catalogue) -> None:
    results = _results(work, catalogue, lambda run: run.result.pop("draws"))
    limbs = results["gog/more-limbs-raise-the-bound"]
    assert limbs.verdict == "not-run"
    assert "an earlier mmsia made it" in limbs.reason


def test_too_few_draws_for_holm_decide_nothing(work: Path, catalogue) -> None:
    def shorten(run: StoredRun) -> None:
        run.result["draws"]["ap"] = run.result["draws"]["ap"][:100]

    limbs = _results(work, catalogue, shorten)["gog/more-limbs-raise-the-bound"]
    assert limbs.verdict == "not-run"
    # Sixteen claims: 2 * 16 / 0.05.
    assert "--num-draws 640" in limbs.reason


def test_the_effect_is_the_difference_of_the_cells(work: Path, catalogue) -> None:
    cells = json.loads((work / "report" / "results.json").read_text())["cells"]
    values = {cell["row"]: cell["value"] for cell in cells}
    result = _results(work, catalogue)["gog/more-limbs-raise-the-bound"]
    assert result.effect == pytest.approx(values["44-limbs"] - values["default"])


def _run(draws, weights: str | None = None, data: str = "d") -> StoredRun:
    values = [float(value) for value in draws]
    result = {
        "scores": {"ap": float(np.mean(values))},
        "intervals": {"ap": [min(values), max(values)]},
        "draws": {"ap": values},
    }
    about = {"digest": data, "num_used": 5}
    return StoredRun("k", result, {"data": about, "weights": weights})


COMPARED = [Comparison("a", "b", "ap", 1)]


def test_the_same_draw_of_images_is_subtracted() -> None:
    images = np.random.default_rng(0).normal(70, 5, 400)
    rows = {"a": [_run(images + 2)], "b": [_run(images)]}
    effect = measure_effect(COMPARED, rows, {"ap": "ap"})
    assert effect.value == pytest.approx(2)
    assert effect.draws == pytest.approx(2)
    assert (effect.image_se, effect.seed_sd) == (pytest.approx(0), 0)
    turned = measure_effect([Comparison("a", "b", "ap", -1)], rows, {"ap": "ap"})
    assert turned.draws == pytest.approx(-2)


def test_seeds_widen_an_effect_unless_rows_share_their_checkpoints() -> None:
    rng = np.random.default_rng(1)
    images = rng.normal(70, 0.1, 2000)
    shifts = [-3.0, 0.0, 3.0]
    rows = {
        "a": [_run(images + 2 + s, f"w{s}") for s in shifts],
        "b": [_run(images + s, f"w{s}") for s in shifts],
    }
    assert share_checkpoints(rows["a"], rows["b"])
    paired = measure_effect(COMPARED, rows, {"ap": "ap"})
    assert paired.paired
    assert paired.draws == pytest.approx(2)
    assert paired.seed_sd == pytest.approx(0)
    rows["b"] = [_run(images + s, f"other{s}") for s in shifts]
    apart = measure_effect(COMPARED, rows, {"ap": "ap"})
    assert not apart.paired
    # Two means of three seeds whose standard deviation is 3.
    assert apart.seed_sd == pytest.approx(3, rel=0.01)
    assert apart.draws.std() > 3 * (2 / 3) ** 0.5 * 0.9


def test_the_least_of_several_differences_counts_in_every_draw() -> None:
    rng = np.random.default_rng(2)
    a, b, c = (rng.normal(m, 1, 50) for m in (72, 71, 70))
    rows = {"a": [_run(a)], "b": [_run(b)], "c": [_run(c)]}
    both = [*COMPARED, Comparison("b", "c", "ap", 1)]
    effect = measure_effect(both, rows, {"ap": "ap"})
    assert effect.draws == pytest.approx(np.minimum(a - b, b - c))
    assert effect.value == pytest.approx(min(np.mean(a - b), np.mean(b - c)))


def test_other_images_are_refused() -> None:
    rows = {"a": [_run([1, 2])], "b": [_run([1, 2], data="e")]}
    with pytest.raises(DataError, match="the same images"):
        measure_effect(COMPARED, rows, {"ap": "ap"})
    rows = {"a": [_run([1, 2])], "b": [_run([1, 2, 3])]}
    with pytest.raises(Exception, match="as many each"):
        measure_effect(COMPARED, rows, {"ap": "ap"})


def test_tests_become_differences(catalogue) -> None:
    table = catalogue["dir/interhand"].table
    order = Order(
        kind="order",
        table=table.id,
        rows=("dir-2023", "dir", "intaghand"),
        columns=("mpjpe",),
    )
    found = comparisons(order, table)
    assert [(c.first, c.second, c.sign) for c in found] == [
        ("dir-2023", "dir", -1),
        ("dir", "intaghand", -1),
    ]
    # 10.228 - 10.176 in favour of the first, 8.799 - 10.228 against it.
    assert printed_effect(found, table) == pytest.approx(-1.429)
    assert band_of(order, table).low == 0
    every = EachBeats(
        kind="each_beats", table=table.id, rows=("dir",), than="x", columns=("miaa",)
    )
    assert len(comparisons(every, table)) == 1
    measured = Measured(kind="measured", measure="time", direction="above")
    assert comparisons(measured, table) == []


def test_a_trend_becomes_a_step_from_row_to_row(catalogue) -> None:
    """Of millimetres: falling is better, rising is the numbers' own way."""
    table = catalogue["dir/interhand"].table
    steps = {}
    for shape, along in (
        ("rising", "rows"),
        ("falling", "rows"),
        ("rise-and-fall", "rows"),
        ("falling", "columns"),
    ):
        trend = Monotone(
            kind="monotone", table=table.id, rows=("dir-2023", "dir", "intaghand"),
            columns=("mpjpe",), along=along, shape=shape,
        )  # fmt: skip
        found = comparisons(trend, table)
        steps[shape, along] = [(c.first, c.second, c.sign) for c in found]
    assert steps["rising", "rows"] == [("dir", "dir-2023", 1), ("intaghand", "dir", 1)]
    assert steps["falling", "rows"] == [("dir-2023", "dir", 1), ("dir", "intaghand", 1)]
    assert steps["rise-and-fall", "rows"] == steps["falling", "columns"] == []


def test_a_stated_difference_becomes_a_band(catalogue) -> None:
    table = catalogue["gog/table2"].table
    about = Difference(
        kind="difference_about",
        table=table.id,
        first="ours-bilinear",
        second="ours",
        columns=("ap",),
        value=-2.1,
    )
    band = band_of(about, table)
    assert (band.low, band.high) == pytest.approx((-2.6, -1.6))
    least = about.model_copy(update={"kind": "difference_at_least"})
    assert band_of(least, table).high == float("inf")
