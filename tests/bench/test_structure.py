"""Counts worked by hand, and cells that are counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mmsia.bench.compare import compare_table
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.plan import make_plan
from mmsia.bench.recipe import Row
from mmsia.bench.run import run_plan
from mmsia.bench.session import table_states
from mmsia.bench.store import Store
from mmsia.bench.structure import count_structure, measure_structure, relative_size
from mmsia.bench.terms import Evidence, Scale, Verdict
from mmsia.bench.training_plan import config_digest
from mmsia.bench.unmade import EXTERNAL
from mmsia.cli.main import main
from mmsia.errors import ConfigError, MMSIAError

TINY = Path("configs/gog/gog_tiny.py")

CONFIG = """
codec = dict(input_size=(16, 8))
model = dict(
    type="TopdownPoseEstimator",
    backbone=dict(
        type="VGG", depth=11, num_stages=1, dilations=(1,), out_indices=(0,),
        init_cfg=dict(type="Pretrained", checkpoint="nowhere.pth"),
    ),
    head=dict(
        type="HeatmapHead", in_channels=64, out_channels=3, deconv_out_channels=None,
        loss=dict(type="KeypointMSELoss"),
    ),
)
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "small.py"
    path.write_text(CONFIG)
    return path


def test_convolutions_are_counted_as_by_hand(config: Path) -> None:
    """VGG's first 3 x 3 convolution of 3 to 64, pooled by two, then 1 x 1 to 3."""
    found = count_structure(config)
    assert found.input_size == (16, 8)
    assert found.num_parameters == (3 * 9 * 64 + 64) + (64 * 3 + 3)
    assert found.num_multiply_adds == 16 * 8 * 3 * 9 * 64 + 8 * 4 * 64 * 3
    assert found.parts == {"backbone": 3 * 9 * 64 + 64, "head": 64 * 3 + 3}
    # Pixels alone make the cost.
    double = count_structure(config, (32, 16))
    assert double.num_multiply_adds == 4 * found.num_multiply_adds


def test_the_paper_s_network_is_counted_in_seconds_and_builds_nothing() -> None:
    from mmpose.registry import MODELS

    from mmsia.engine.run_config import load_run_config

    model = MODELS.build(load_run_config(TINY).model)
    assert count_structure(TINY).num_parameters == sum(
        p.numel() for p in model.parameters()
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("(16, 8)", "None"), "expected long_edge or codec.input_size"),
        (("in_channels=64", "in_channels=63"), "cannot be counted"),
        (("VGG", "NoSuchNet"), "NoSuchNet"),
    ],
)
def test_what_cannot_be_counted_is_named(config: Path, change, words) -> None:
    config.write_text(CONFIG.replace(*change))
    with pytest.raises(MMSIAError, match=words):
        count_structure(config)


def test_the_verb_prints_counts(config: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["structure", str(config)]) == 0
    assert (
        "0.002 M parameters, 0.000 G multiply-adds at 16 x 8 (M of 10^6; in 2^20 0.002)"
        in capsys.readouterr().out
    )
    assert main(["structure", str(config), "--input-size", "32", "16", "--json"]) == 0
    assert '"num_multiply_adds": 909312' in capsys.readouterr().out


def test_sizes_are_compared_in_percent(config: Path, tmp_path: Path) -> None:
    """VGG's first convolution has 1792 parameters; its head 195, or 65 for one map."""
    found = count_structure(config)
    other = tmp_path / "one_map.py"
    other.write_text(CONFIG.replace("out_channels=3", "out_channels=1"))
    assert relative_size(found, other) == pytest.approx(100 * 1987 / 1857)
    assert relative_size(found, 1000) == pytest.approx(198.7)
    with pytest.raises(ConfigError, match="at least one parameter, got 0"):
        relative_size(found, 0)


def test_a_run_compares_with_every_reference(data, config: Path) -> None:
    settings = {
        "config": str(config),
        "references": {"itself": {"config": str(config)}, "half": 1987 * 2},
    }
    request = Request(settings, data, seed=0, num_draws=0, num_workers=1)
    scores = measure_structure(request).scores
    assert scores["size_vs_itself"] == 100 and scores["size_increase_vs_itself"] == 0
    assert scores["size_vs_half"] == 50 and scores["size_increase_vs_half"] == -50
    assert scores["params_m"] == pytest.approx(0.001987)
    assert scores["params_mi"] == pytest.approx(1987 / 1048576)


def test_the_verb_prints_relative_sizes(config: Path, capsys) -> None:
    words = ["structure", str(config), "--relative-to", str(config)]
    assert main([*words, "--relative-to", "1e3"]) == 0
    shown = capsys.readouterr().out
    assert f"100.0 % of {config} (+0.0 %)" in shown
    assert "198.7 % of 1000 (+98.7 %)" in shown
    assert main(["structure", str(config), "--relative-to", "inf"]) == 2


@pytest.fixture
def entry(catalogue):
    """Table 4 of KLPNet with its one and five stages counted."""
    entry = catalogue["klpnet/table4"]
    rows = {
        **dict.fromkeys(entry.recipe.rows, EXTERNAL),
        "cklm-1-s": Row(str(TINY), (Evidence.STRUCTURE,)),
        "cklm-5-s": Row(str(TINY), (Evidence.STRUCTURE,)),
    }
    recipe = replace(
        entry.recipe, rows=rows, beside={}, structure={"flops": "gmacs"}, fitted={}
    )
    return replace(entry, recipe=recipe)


def _cells(entry, options, data, folder: Path, gmacs: float) -> dict:
    plan = make_plan([entry], options, data)
    assert [run.measure for run in plan.runs] == ["structure"]
    assert plan.runs[0].scale is Scale.PAPER
    store = Store(folder / "runs")
    outcomes = run_plan(
        plan,
        data,
        store,
        command="c",
        execute=lambda spec, request: Measurement({"gmacs": gmacs}, {}, {}),
    )
    (state,) = table_states(plan, outcomes, options, data, "c")
    runs = {run.key: store.load(run.key) for run in plan.runs}
    cells = compare_table(entry, state, runs)
    return {cell.row: cell for cell in cells if cell.column == "flops"}


@pytest.mark.parametrize(
    ("gmacs", "verdict"),
    [(5.1, "match"), (5.25, "match"), (5.26, "differs"), (4.94, "differs")],
)
@pytest.mark.parametrize("evidence", [None, Evidence.STRUCTURE])
def test_counts_are_judged_whatever_is_asked_for(
    entry, options, data, tmp_path, gmacs, verdict, evidence
) -> None:
    """5.1 was printed: 3 % of it are 0.153."""
    options = replace(options, evidence=evidence)
    cells = _cells(entry, options, data, tmp_path, gmacs)
    cell = cells["cklm-1-s"]
    assert (cell.value, cell.verdict.value) == (gmacs, verdict)
    assert (cell.evidence, cell.scale) == (Evidence.STRUCTURE, Scale.PAPER)
    assert cell.difference == pytest.approx(gmacs - 5.1)
    assert cells["cklm-2-s"].verdict is Verdict.SKIPPED
    five = cells["cklm-5-s"]
    assert five.verdict is Verdict.FINDING
    assert "breaks the step" in five.reason


def test_what_was_fitted_is_no_match(entry, options, data, tmp_path) -> None:
    fitted = {"cklm-1-s.flops": "the cardinality was chosen for it"}
    entry = replace(entry, recipe=replace(entry.recipe, fitted=fitted))
    inside = _cells(entry, options, data, tmp_path / "a", 5.1)["cklm-1-s"]
    assert (inside.verdict, inside.reason) == (Verdict.FITTED, *fitted.values())
    outside = _cells(entry, options, data, tmp_path / "b", 9.0)["cklm-1-s"]
    assert outside.verdict is Verdict.DIFFERS


def test_what_a_size_is_compared_with_is_part_of_the_run(
    entry, options, data, config: Path
) -> None:
    """Two configs as reference, and the first once more with other contents."""

    def key(reference: str | int) -> str:
        row = Row(str(TINY), (Evidence.STRUCTURE,), references={"it": reference})
        recipe = replace(entry.recipe, rows={**entry.recipe.rows, "cklm-5-s": row})
        plan = make_plan([replace(entry, recipe=recipe)], options, data)
        (run,) = (r for r in plan.runs if "references" in r.settings)
        return run.key

    keys = [key(str(config)), key(str(TINY)), key(1000), key(1001)]
    config.write_text(CONFIG.replace("out_channels=3", "out_channels=1"))
    config_digest.cache_clear()
    keys.append(key(str(config)))
    assert len(set(keys)) == 5
