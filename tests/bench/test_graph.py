"""Training and evaluation as separate runs, on a training that takes no time."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from mmsia.bench import measures
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.measures import Measure
from mmsia.bench.outcome import FailureKind
from mmsia.bench.plan import make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.scales import load_scales
from mmsia.bench.settings import resolved_config
from mmsia.bench.spec import RunSpec
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale, Status
from mmsia.bench.training_data import open_training_data
from mmsia.bench.weights import Weights
from mmsia.errors import ConfigError, DataError
from mmsia.paths import project_root


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two measurements by name; `Work` stands for what they do."""
    for name in ("training", "inference"):
        monkeypatch.setitem(
            measures.MEASURES, name, Measure("mmsia.bench.measurement", name)
        )


@pytest.fixture
def training_data(data):
    return lambda recipe: replace(data, folder=Path("somewhere"))


class Work:
    """Trains by writing a few bytes, evaluates by counting them."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.content = b"weights"

    def __call__(self, spec: RunSpec, request: Request) -> Measurement:
        self.made.append(f"{spec.measure} {Path(spec.config).stem}")
        if spec.measure == "training":
            assert request.folder is not None
            start = request.weights.read_bytes() if request.weights else b""
            path = request.folder / "checkpoints" / "last.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(start + self.content + spec.config.encode())
            weights = Weights.of(path, request.folder)
            return Measurement({}, {}, {"num_steps": 1}, weights=weights)
        assert request.weights is not None
        value = float(len(request.weights.read_bytes()))
        return Measurement({"ap": value}, {"ap": (value, value)}, {})


@pytest.fixture
def plan(catalogue, data, options, measured, training_data):
    options = replace(options, evidence=Evidence.TRAINING)
    entries = [catalogue["gog/table1"], catalogue["gog/table2"]]
    return make_plan(entries, options, data, training_data)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def test_rows_with_one_network_share_its_training(plan) -> None:
    trained = [run.config for run in plan.runs if run.measure == "training"]
    assert len(trained) == len(set(trained)) == 5
    rows = {row.row: row for row in plan.rows if row.run}
    for name in ("ours-bilinear", "dark", "ours-1", "ours-2-final"):
        assert rows[name].needs == rows["ours"].needs
        assert rows[name].run.key != rows["ours"].run.key or name == "ours-1"
    assert rows["qnt"].needs != rows["ours"].needs
    assert rows["ours-3-plus"].needs != rows["ours"].needs
    keys = [run.key for run in plan.runs]
    assert all(keys.index(r.start) < i for i, r in enumerate(plan.runs) if r.start)


@pytest.mark.parametrize("config", sorted(load_scales("gog").trained_as))
def test_what_shares_a_training_differs_in_its_decoder_alone(config: str) -> None:
    """Targets, augmentation, losses and schedule are those of the trained config."""
    ours = resolved_config(config)
    trained = resolved_config(load_scales("gog").training_of(config))
    for name in ("train_cfg", "optim_wrapper", "param_scheduler", "augmentation"):
        assert ours[name] == trained[name], name
    for one in (ours, trained):
        one["model"].pop("test_cfg")
        one["model"]["head"].pop("decoder")
    assert ours["model"] == trained["model"]
    targets = [
        [step for step in c["train_pipeline"] if step["type"] == "GenerateTarget"]
        for c in (ours, trained)
    ]
    for one, other in zip(*targets, strict=True):
        for step in (one, other):
            # Decoding only; the refinement `dark` adds no map.
            step["encoder"].pop("upsampling", None)
            if step["encoder"].get("refinement") in (None, "dark"):
                step["encoder"].pop("refinement", None)
        assert one == other


def test_several_decoders_evaluate_one_checkpoint(plan, data, store) -> None:
    work = Work()
    outcomes = run_plan(plan, data, store, command="c", execute=work)
    assert {o.status for o in outcomes.values()} == {Status.DONE}
    assert sum(made.startswith("training") for made in work.made) == 5
    rows = {row.row: row for row in plan.rows if row.run}
    run = store.load(outcomes[rows["dark"].run.key].key)
    trained = store.load(outcomes[rows["dark"].needs[0].key].key)
    assert run.provenance["weights"] == trained.weights.digest
    again = run_plan(plan, data, store, command="c", execute=work)
    assert {o.status for o in again.values()} == {Status.CACHED}


def test_other_weights_are_evaluated_anew(plan, data, store) -> None:
    work = Work()
    first = run_plan(plan, data, store, command="c", execute=work)
    rows = {row.row: row for row in plan.rows if row.run}
    trained = rows["qnt"].needs[0].key
    (store.folder / trained / "result.json").unlink()
    work.made.clear()
    work.content = b"other weights"
    second = run_plan(plan, data, store, command="c", execute=work)
    assert work.made == ["training gog_ablation_qnt", "inference gog_ablation_qnt"]
    assert first[rows["qnt"].run.key].key != second[rows["qnt"].run.key].key


@pytest.mark.parametrize("damage", ["missing", "altered"])
def test_lost_weights_are_made_again_when_they_are_needed(
    plan, data, store, damage, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()
    outcomes = run_plan(plan, data, store, command="c", execute=work)
    rows = {row.row: row for row in plan.rows if row.run}
    trained = store.folder / rows["qnt"].needs[0].key
    weights = trained / "checkpoints" / "last.bin"
    weights.unlink() if damage == "missing" else weights.write_bytes(b"?")
    work.made.clear()
    # As long as nothing needs them, nothing is made.
    run_plan(plan, data, store, command="c", execute=work)
    assert work.made == []
    (store.folder / outcomes[rows["qnt"].run.key].key / "result.json").unlink()
    with caplog.at_level(logging.WARNING, "mmsia"):
        run_plan(plan, data, store, command="c", execute=work)
    assert work.made == ["training gog_ablation_qnt", "inference gog_ablation_qnt"]
    assert caplog.text.count("set aside") == 1


def test_a_failed_training_fails_what_needs_it_and_no_more(plan, data, store) -> None:
    work = Work()

    def diverge(spec: RunSpec, request: Request) -> Measurement:
        if spec.measure == "training" and "noflip" in spec.config:
            raise DataError("loss is not finite")
        return work(spec, request)

    outcomes = run_plan(plan, data, store, command="c", execute=diverge)
    rows = {row.row: row for row in plan.rows if row.run}
    dark = outcomes[rows["dark"].run.key]
    assert (dark.status, dark.kind) == (Status.FAILED, FailureKind.NEEDS)
    assert outcomes[rows["qnt"].run.key].status is Status.DONE


def test_a_training_starts_from_another(catalogue, data, options, measured, store):
    scales = load_scales("gog").model_copy(
        update={
            "init_from": {"configs/gog/gog_ablation_qnt.py": "configs/gog/gog_tiny.py"}
        }
    )
    from mmsia.bench.training_plan import TrainingPlan

    plan = TrainingPlan(scales, Scale.SMOKE, data, 0, 10, 1)
    first, second = plan.training("configs/gog/gog_ablation_qnt.py")
    assert second.start == first.key
    assert first.start is None
    assert second.with_weights("a" * 64).key != second.with_weights("b" * 64).key


def test_weights_count_by_their_digest_alone() -> None:
    spec = RunSpec("inference", Evidence.TRAINING, {}, Scale.SMOKE, 0, 1, "", "", "c")
    one = replace(spec, start="training-1").with_weights("a" * 64)
    other = replace(spec, start="training-2").with_weights("a" * 64)
    assert one.key == other.key != replace(spec, start="training-1").key


def test_without_data_to_train_on_the_reason_is_given(
    catalogue, data, options, measured
) -> None:
    plan = make_plan([catalogue["gog/table2"]], options, data)
    assert not plan.runs


def test_threads_are_part_of_the_key_where_they_matter(
    catalogue, data, options, measured, training_data, monkeypatch
) -> None:
    known = measures.MEASURES["training"]
    monkeypatch.setitem(
        measures.MEASURES, "training", replace(known, threads_matter=True)
    )
    keys = []
    for threads in (1, 2):
        asked = replace(options, threads=threads, evidence=Evidence.TRAINING)
        plan = make_plan([catalogue["gog/table2"]], asked, data, training_data)
        keys.append({run.measure: run.key for run in plan.runs})
    assert keys[0]["training"] != keys[1]["training"]


def test_simulated_data_to_train_on_is_made_once_and_mended(tmp_path: Path) -> None:
    recipe = load_scales("gog").scales[Scale.SMOKE]
    small = recipe.model_copy(update={"train_images": 2, "val_images": 1})
    first = open_training_data(small, tmp_path)
    image = next(first.folder.glob("train2017/*.jpg"))
    before = image.read_bytes()
    stamp = image.stat().st_mtime_ns
    again = open_training_data(small, tmp_path)
    assert image.stat().st_mtime_ns == stamp
    image.write_bytes(before[:-1])
    mended = open_training_data(small, tmp_path)
    assert image.read_bytes() == before
    assert first.digest == again.digest == mended.digest != first.truth.digest


@pytest.mark.parametrize(
    "text",
    [
        "scales: {huge: {}}",
        "scales: {smoke: {simulated: crowds, train_images: 0, val_images: 1, "
        "overlay: {}}}",
        "init_from: {a: b, b: a}",
        "unknown: 1",
        "scales: [",
    ],
)
def test_scales_that_say_nothing_useful_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "gog").mkdir()
    (tmp_path / "gog" / "scales.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"scales\.yaml"):
        load_scales("gog", tmp_path)


def test_every_config_that_scales_name_is_there() -> None:
    for path in (project_root() / "reproduce").glob("*/scales.yaml"):
        scales = load_scales(path.parent.name)
        for config in {*scales.trained_as, *scales.trained_as.values()}:
            assert (project_root() / config).is_file(), config
