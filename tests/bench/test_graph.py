"""Training and evaluation as separate runs, on a training that takes no time."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from mmsia.bench import measures
from mmsia.bench.data import DataSource
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.measures import Measure
from mmsia.bench.outcome import FailureKind
from mmsia.bench.plan import make_plan
from mmsia.bench.run import run_plan
from mmsia.bench.scales import OVERFIT_SPLIT, PaperScales, load_scales
from mmsia.bench.session import table_states
from mmsia.bench.settings import resolved_config
from mmsia.bench.spec import RunSpec
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Reason, Scale, Status
from mmsia.bench.training_data import Images, TrainingData
from mmsia.bench.weights import Weights
from mmsia.errors import ConfigError, DataError, MMSIAError
from mmsia.files import sha256_file
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
    images = Images(replace(data, folder=Path("somewhere")))
    return lambda scales, config: images


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
    assert len(trained) == len(set(trained)) == 6
    rows = {row.row: row for row in plan.rows if row.runs}
    for name in ("ours-bilinear", "dark", "ours-1", "ours-2-final"):
        assert rows[name].chains[0][0] == rows["ours"].chains[0][0]
        assert rows[name].runs[0].key != rows["ours"].runs[0].key or name == "ours-1"
    assert rows["qnt"].chains[0][0] != rows["ours"].chains[0][0]
    assert rows["ours-3-plus"].chains[0][0] != rows["ours"].chains[0][0]
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


def test_every_seed_is_a_training_of_its_own(
    catalogue, data, options, measured, training_data
) -> None:
    asked = replace(options, evidence=Evidence.TRAINING, num_seeds=3)
    plan = make_plan([catalogue["gog/table2"]], asked, data, training_data)
    rows = {row.row: row for row in plan.rows}
    trained = [chain[0] for chain in rows["qnt"].chains]
    assert len({run.seed for run in trained}) == len({run.key for run in trained}) == 3
    assert [c[0] for c in rows["dark"].chains] == [c[0] for c in rows["ours"].chains]
    others = {chain[0].seed for chain in rows["ours"].chains}
    assert others.isdisjoint(run.seed for run in trained)
    # Every row's first seed comes before any second one.
    seeds = [run.seed for run in plan.runs if run.config == trained[0].config]
    assert seeds == [run.seed for run in trained for _ in range(2)]
    firsts = [plan.runs.index(row.chains[0][-1]) for row in plan.rows]
    seconds = [plan.runs.index(row.chains[1][0]) for row in plan.rows]
    assert max(firsts) < min(seconds)
    one = replace(asked, num_seeds=1)
    single = make_plan([catalogue["gog/table2"]], one, data, training_data)
    assert {run.key for run in single.runs} < {run.key for run in plan.runs}
    other = make_plan(
        [catalogue["gog/table2"]], replace(one, seed=1), data, training_data
    )
    assert not {run.key for run in other.runs} & {run.key for run in plan.runs}


def test_a_row_is_done_when_all_of_its_seeds_are(
    catalogue, data, options, measured, training_data, store
) -> None:
    asked = replace(options, evidence=Evidence.TRAINING, num_seeds=3)
    plan = make_plan([catalogue["gog/table2"]], asked, data, training_data)
    bad = next(row for row in plan.rows if row.row == "qnt").chains[1][0].seed
    work = Work()

    def diverge(spec: RunSpec, request: Request) -> Measurement:
        if spec.seed == bad:
            raise DataError("loss is not finite")
        return work(spec, request)

    outcomes = run_plan(plan, data, store, command="c", execute=diverge)
    (state,) = table_states(plan, outcomes, asked, data, "c")
    assert state.rows["ours"].status is Status.DONE
    assert len(state.rows["ours"].runs) == 3
    assert state.rows["qnt"].status is Status.FAILED
    assert state.rows["qnt"].why.startswith("2 of 3 seeds are done; ")


def test_a_scale_may_declare_a_check_that_comes_first(
    catalogue, data, options, measured, store
) -> None:
    few = replace(data, folder=Path("somewhere"), digest="few")
    images = Images(replace(data, folder=Path("somewhere")), few)
    asked = replace(options, scale=Scale.MINI, evidence=Evidence.TRAINING)
    plan = make_plan(
        [catalogue["gog/table2"]], asked, data, lambda scales, config: images
    )
    rows = {row.row: row for row in plan.rows}
    train, check = rows["qnt"].checks
    assert train.settings["overlay"]["train_split"] == OVERFIT_SPLIT
    assert check.settings["overlay"]["val_split"] == OVERFIT_SPLIT
    assert check.start == train.key
    assert check.data_digest == "few"
    assert plan.sources["few"] is few
    assert len(rows["qnt"].chains) == 3
    assert plan.runs.index(check) < plan.runs.index(rows["ours"].chains[0][0])
    assert "gog/table2 qnt" in plan.rows_of(check.key)


def test_given_weights_are_evaluated(
    catalogue, data, options, measured, training_data, store, tmp_path
) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(b"1234567")
    asked = replace(
        options,
        evidence=Evidence.INFERENCE,
        checkpoints={"gog/table2/ours": path, "gog/table2/dark": path},
    )
    plan = make_plan([catalogue["gog/table2"]], asked, data, training_data)
    rows = {row.row: row for row in plan.rows}
    assert len(plan.runs) == 2
    assert rows["qnt"].reason is Reason.NEEDS_WEIGHTS
    assert "--checkpoint" in rows["qnt"].why
    outcomes = run_plan(plan, data, store, command="c", execute=Work())
    run = store.load(outcomes[rows["ours"].runs[0].key].key)
    assert run.result["scores"]["ap"] == 7
    assert run.provenance["weights"] == sha256_file(path)
    assert run.provenance["evidence"] == "inference"
    path.write_bytes(b"12345678")
    again = make_plan([catalogue["gog/table2"]], asked, data, training_data)
    assert not {run.key for run in again.runs} & {run.key for run in plan.runs}


def test_a_given_start(catalogue, data, options, measured, training_data, store):
    asked = replace(options, starts={"gog/table2/ours": Path(__file__)})
    plan = make_plan([catalogue["gog/table2"]], asked, data, training_data)
    run_plan(plan, data, store, command="c", execute=Work())
    first = {row.row: row.chains[0][0].key for row in plan.rows}
    made = [store.weights_path(first[n]).read_bytes() for n in ("ours", "dark")]
    assert made[0] == Path(__file__).read_bytes() + made[1]


@pytest.mark.parametrize(
    ("name", "words"),
    [("gog/table2/our", "Closest: gog/table2/ours"), ("gog/table2/ours", "the file")],
)
def test_checkpoints_of_nothing_are_refused(
    catalogue, data, options, training_data, tmp_path, name, words
) -> None:
    asked = replace(options, checkpoints={name: tmp_path / "gone.pth"})
    with pytest.raises(MMSIAError, match=words):
        make_plan([catalogue["gog/table2"]], asked, data, training_data)


def test_the_papers_own_scale_names_what_is_missing(
    catalogue, data, options, measured, training_data, tmp_path
) -> None:
    asked = replace(options, scale=Scale.PAPER, evidence=Evidence.TRAINING)

    missing = TrainingData(Scale.PAPER, tmp_path, tmp_path).open

    entries = [catalogue["gog/table2"]]
    plan = make_plan(entries, asked, data, missing)
    assert {row.reason for row in plan.rows} == {Reason.NEEDS_DATA}
    assert str(tmp_path / "coco") in plan.rows[0].why
    slow = replace(asked, without_gpu=lambda: True)
    plan = make_plan(entries, slow, data, training_data)
    assert {row.reason for row in plan.rows} == {Reason.NEEDS_GPU}
    plan = make_plan(entries, asked, data, training_data)
    assert plan.runs[0].settings["overlay"] == {}
    assert len(plan.rows[0].chains) == 1


def test_several_decoders_evaluate_one_checkpoint(plan, data, store) -> None:
    work = Work()
    outcomes = run_plan(plan, data, store, command="c", execute=work)
    assert {o.status for o in outcomes.values()} == {Status.DONE}
    assert sum(made.startswith("training") for made in work.made) == 6
    rows = {row.row: row for row in plan.rows if row.runs}
    run = store.load(outcomes[rows["dark"].runs[0].key].key)
    trained = store.load(outcomes[rows["dark"].chains[0][0].key].key)
    assert run.provenance["weights"] == trained.weights.digest
    again = run_plan(plan, data, store, command="c", execute=work)
    assert {o.status for o in again.values()} == {Status.CACHED}


def test_other_weights_are_evaluated_anew(plan, data, store) -> None:
    work = Work()
    first = run_plan(plan, data, store, command="c", execute=work)
    rows = {row.row: row for row in plan.rows if row.runs}
    trained = rows["qnt"].chains[0][0].key
    (store.folder / trained / "result.json").unlink()
    work.made.clear()
    work.content = b"other weights"
    second = run_plan(plan, data, store, command="c", execute=work)
    assert work.made == ["training gog_ablation_qnt", "inference gog_ablation_qnt"]
    assert first[rows["qnt"].runs[0].key].key != second[rows["qnt"].runs[0].key].key


@pytest.mark.parametrize("damage", ["missing", "altered"])
def test_lost_weights_are_made_again_when_they_are_needed(
    plan, data, store, damage, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()
    outcomes = run_plan(plan, data, store, command="c", execute=work)
    rows = {row.row: row for row in plan.rows if row.runs}
    trained = store.folder / rows["qnt"].chains[0][0].key
    weights = trained / "checkpoints" / "last.bin"
    weights.unlink() if damage == "missing" else weights.write_bytes(b"?")
    work.made.clear()
    # As long as nothing needs them, nothing is made.
    run_plan(plan, data, store, command="c", execute=work)
    assert work.made == []
    (store.folder / outcomes[rows["qnt"].runs[0].key].key / "result.json").unlink()
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
    rows = {row.row: row for row in plan.rows if row.runs}
    dark = outcomes[rows["dark"].runs[0].key]
    assert (dark.status, dark.kind) == (Status.FAILED, FailureKind.NEEDS)
    assert outcomes[rows["qnt"].runs[0].key].status is Status.DONE


def test_a_training_starts_from_another(catalogue, data, options, measured, store):
    scales = load_scales("gog").model_copy(
        update={
            "init_from": {"configs/gog/gog_ablation_qnt.py": "configs/gog/gog_tiny.py"}
        }
    )
    from mmsia.bench.training_plan import TrainingPlan

    plan = TrainingPlan(scales, Scale.SMOKE, lambda config: data, 0, 10, 1)
    first, second = plan.training("configs/gog/gog_ablation_qnt.py", 0)
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
    scales = PaperScales(scales={Scale.SMOKE: small})

    def opened() -> DataSource:
        return TrainingData(Scale.SMOKE, tmp_path).open(scales, "any.py").test

    first = opened()
    image = next(first.folder.glob("train/*.jpg"))
    before = image.read_bytes()
    stamp = image.stat().st_mtime_ns
    again = opened()
    assert image.stat().st_mtime_ns == stamp
    image.write_bytes(before[:-1])
    mended = opened()
    assert image.read_bytes() == before
    assert first.digest == again.digest == mended.digest
    assert first.digest != first.annotations_digest


@pytest.mark.parametrize(
    "text",
    [
        "scales: {huge: {}}",
        "scales: {smoke: {simulated: people, preset: smoke, train_images: 0, "
        "val_images: 1, overlay: {}}}",
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
