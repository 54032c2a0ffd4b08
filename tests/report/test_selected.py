"""What a report says of weights that a training chose among its validations."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from mmsia.bench.measurement import Measurement
from mmsia.bench.selection import Selected
from mmsia.bench.store import StoredRun
from mmsia.bench.weights import Weights
from mmsia.files import sha256_file, write_text_atomic
from mmsia.report.selected import selected_lines
from mmsia.report.write import write_report

BEST = Selected("pck@0.04", "greater", 0.8125, 600, 4, 10, 37)


def trained(chosen: Selected | None) -> StoredRun:
    measured = Measurement(
        {}, {}, {}, selected=None if chosen is None else asdict(chosen)
    )
    return StoredRun("key", measured.as_result(), {})


def test_step_score_and_images_are_told() -> None:
    ((name, text),) = selected_lines([trained(BEST)])
    assert name == "weights"
    assert text == (
        "of the highest pck@0.04 on 37 validation images, none of which is tested on: "
        "0.8125 after epoch 4, step 600 (of 10 validations)"
    )


def test_each_seed_has_its_own() -> None:
    low = Selected("mpjpe", "less", 12.5, 300, None, 2, 5)
    late = Selected("mpjpe", "less", 11.0, 450, None, 3, 5)
    ((_, text),) = selected_lines([trained(low), None, trained(late)])
    assert text.startswith("of the lowest mpjpe on 5 validation images")
    assert text.endswith(
        "12.5 after step 300 (of 2 validations); 11 after step 450 (of 3 validations)"
    )


def test_of_the_last_step_nothing_is_said() -> None:
    assert selected_lines([]) == selected_lines([None, trained(None)]) == []


@pytest.mark.parametrize("chosen", [BEST, None], ids=["best", "last"])
def test_the_fold_out_of_a_row_says_it(catalogue, data, tmp_path, chosen) -> None:
    """From a training's measurement over its result and provenance to the page."""
    from mmsia.bench.plan import Options, make_plan
    from mmsia.bench.run import run_plan
    from mmsia.bench.session import table_states
    from mmsia.bench.store import Store
    from mmsia.bench.terms import Evidence, Scale
    from mmsia.bench.training_data import Images

    store = Store(tmp_path / "runs")
    options = Options(Scale.SMOKE, Evidence.TRAINING, num_draws=10)
    plan = make_plan(
        [catalogue["gog/table2"]], options, data, lambda scales, config: Images(data)
    )

    def execute(spec, request) -> Measurement:
        if spec.measure != "training":
            return Measurement({"ap": 50.0}, {}, {"num_images": 1})
        weights = request.folder / "weights.pth"
        write_text_atomic(weights, spec.key)
        assert sha256_file(weights)
        selected = None if chosen is None else asdict(chosen)
        curves = ({"step": 1, "loss": 1.0},)
        kept = Weights.of(weights, request.folder)
        return Measurement({}, {}, {}, curves, weights=kept, selected=selected)

    outcomes = run_plan(plan, data, store, command="mmsia x", execute=execute)
    states = table_states(plan, outcomes, options, data, "mmsia x")
    report = write_report(tmp_path, catalogue, states, store)
    told = "0.8125 after epoch 4, step 600" in report.path.read_text()
    assert told is (chosen is not None)
    for key in store.keys():
        run = store.load(key)
        if run.provenance["measure"] == "training":
            expected = (
                None if chosen is None else json.loads(json.dumps(asdict(chosen)))
            )
            assert run.result.get("selected") == expected
            assert run.provenance.get("selected") == expected
