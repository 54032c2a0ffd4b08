"""Anchors: what is stated, which files count, and what came of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers
from mmsia.bench.anchor_runs import anchor_states, plan_anchors
from mmsia.bench.anchors import (
    Anchor,
    AnchorState,
    Standing,
    choose_anchors,
    find_file,
    judge_anchor,
    load_anchors,
    load_states,
    save_anchors,
)
from mmsia.bench.measurement import Measurement
from mmsia.bench.network_runs import network_settings
from mmsia.bench.outcome import Outcome
from mmsia.bench.run import run_plan
from mmsia.bench.scoring.choose import scoring_of
from mmsia.bench.store import Store
from mmsia.bench.terms import Evidence, Scale, Status
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.engine.run_config import load_run_config
from mmsia.errors import ConfigError, DataError
from mmsia.files import sha256_file
from mmsia.models.weights.conversion import convert_weights
from mmsia.paths import project_root

TINY = Anchor(
    id="tiny",
    about="a tiny network",
    config="configs/gog/gog_tiny.py",
    file="tiny.pth",
    url="https://example.org/tiny.pth",
    page="https://example.org",
    expected=74.9,
    score="ap",
    tolerance=0.1,
    papers=("gog",),
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """Folder with the weights of a network that knows nothing."""
    init_default_scope("mmpose")
    torch.manual_seed(0)
    model = MODELS.build(load_run_config(project_root() / TINY.config).model)
    folder = tmp_path_factory.mktemp("weights")
    torch.save({"state_dict": model.state_dict()}, folder / TINY.file)
    return folder


@pytest.fixture(scope="module")
def data_root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_crowds(root / "coco", 2, seed=2)
    made = root / "coco" / "annotations"
    assert (made / "person_keypoints_val2017.json").is_file()
    return root


def plan(anchors, weights, data_root):
    return plan_anchors(anchors, weights, data_root, num_draws=5, threads=1)


@pytest.mark.parametrize("anchor", load_anchors().values(), ids=lambda a: a.id)
def test_the_anchors_name_configs_that_can_be_scored(anchor) -> None:
    assert anchor.tolerance == 0.1
    assert anchor.digest_prefix in anchor.file
    assert anchor.page.startswith("https://") and anchor.url.startswith("https://")
    config = network_settings({"config": anchor.config})
    test = config["test_dataloader"]["dataset"]
    assert test["ann_file"] == "annotations/person_keypoints_val2017.json"
    assert config["model"]["test_cfg"]["flip_test"] is True
    scoring, _ = scoring_of(config["test_evaluator"], (), config["default_scope"])
    assert scoring.settings() == {"name": "coco-ap"}
    # only GOG's authors leave images without people out
    left_out = test["type"] == "CocoPeopleDataset" and test["images"] == "people"
    assert left_out == (anchor.id == "gog-release")


def test_ids_choose(tmp_path) -> None:
    anchors = load_anchors()
    assert len(choose_anchors(anchors, [])) == len(anchors) == 5
    assert choose_anchors(anchors, ["gog-release"]) == [anchors["gog-release"]]
    with pytest.raises(ConfigError, match=r"'gog'.*expected one of mmpose-hrnet-w32"):
        choose_anchors(anchors, ["gog"])


@pytest.mark.parametrize("change", ["expected: x", "expected: 174.0", "more: 1"])
def test_bad_files_are_named(change, tmp_path) -> None:
    text = (project_root() / "reproduce" / "anchors.yaml").read_text()
    path = tmp_path / "anchors.yaml"
    path.write_text(text.replace("expected: 74.9", change))
    with pytest.raises(DataError, match=r"anchors\.yaml"):
        load_anchors(path)
    path.write_text(text.replace("id: mmpose-res50", "id: mmpose-hrnet-w32"))
    with pytest.raises(DataError, match="each id once"):
        load_anchors(path)


@pytest.mark.parametrize(
    ("value", "standing"),
    [
        (74.9, Standing.GIVEN),
        (75.0, Standing.GIVEN),
        (74.8, Standing.GIVEN),
        (74.79, Standing.DIFFERS),
        (75.02, Standing.DIFFERS),
    ],
)
def test_a_tenth_of_a_point_decides(value, standing) -> None:
    assert judge_anchor(TINY, value) is standing


def test_files_are_known_by_their_digest(weights, tmp_path) -> None:
    assert find_file(TINY, tmp_path) is None
    path = find_file(TINY, weights)
    digest = sha256_file(path)
    right = TINY.model_copy(update={"digest_prefix": digest[:8]})
    assert find_file(right, weights) == path
    wrong = TINY.model_copy(update={"digest_prefix": "00000000"})
    with pytest.raises(DataError, match=r"begins with 00000000.*Fetch it again"):
        find_file(wrong, weights)
    converted = tmp_path / "tiny.safetensors"
    convert_weights(path, converted)
    assert find_file(right, tmp_path) == converted
    with pytest.raises(DataError, match=r"begins with 00000000"):
        find_file(wrong, tmp_path)
    converted.write_bytes(converted.read_bytes()[:-1] + b"\x07")
    with pytest.raises(DataError, match="was changed since it was converted"):
        find_file(right, tmp_path)


def test_a_network_is_tested_and_a_part_of_the_data_judges_nothing(
    weights, data_root, tmp_path
) -> None:
    other = TINY.model_copy(update={"id": "other", "file": "other.pth"})
    made = plan([TINY, other], weights, data_root)
    (run,) = made.runs
    assert (run.evidence, run.scale) == (Evidence.INFERENCE, Scale.PAPER)
    store = Store(tmp_path / "runs")
    outcomes = run_plan(made, made.rows[0].data, store, command="x")
    states = anchor_states({"tiny": TINY, "other": other}, made, outcomes, store)
    assert states["tiny"].standing is Standing.PARTIAL
    assert 0 <= states["tiny"].value < 50
    assert states["tiny"].weights == sha256_file(weights / "tiny.pth")
    assert states["other"].standing is Standing.NOT_RUN
    assert "needs-weights: no other.pth" in states["other"].why
    again = run_plan(made, made.rows[0].data, store, command="x")
    assert again[run.key].status is Status.CACHED


@pytest.mark.parametrize(
    ("score", "standing"), [(74.95, Standing.GIVEN), (73.0, Standing.DIFFERS)]
)
def test_whole_data_is_judged(score, standing, weights, data_root, tmp_path) -> None:
    made = plan([TINY], weights, data_root)
    (row,) = made.rows
    made = replace(made, rows=(replace(row, data=replace(row.data, complete=True)),))
    store = Store(tmp_path / "runs")

    def execute(spec, request):
        assert request.weights == (weights / "tiny.pth").resolve()
        return Measurement(
            scores={"ap": score}, intervals={"ap": (70.0, 78.0)}, counts={}
        )

    outcomes = run_plan(made, row.data, store, command="x", execute=execute)
    state = anchor_states({"tiny": TINY}, made, outcomes, store)["tiny"]
    assert (state.standing, state.value) == (standing, score)


def test_a_run_that_fails_is_told(weights, data_root, tmp_path) -> None:
    made = plan([TINY], weights, data_root)
    outcome = Outcome(made.runs[0].key, Status.FAILED, "more than weights")
    states = anchor_states(
        {"tiny": TINY}, made, {outcome.key: outcome}, Store(tmp_path)
    )
    assert states["tiny"].standing is Standing.FAILED
    assert states["tiny"].why == "more than weights"


def test_missing_data_is_told(weights, tmp_path) -> None:
    (row,) = plan([TINY], weights, tmp_path).rows
    assert row.reason == "needs-data" and "person_keypoints_val2017.json" in row.why


def test_states_are_kept_and_not_lost(tmp_path) -> None:
    assert load_states(tmp_path) == {}
    given = AnchorState(Standing.GIVEN, 74.9, "key", "ab" * 32)
    skipped = AnchorState(Standing.NOT_RUN, why="needs-weights")
    save_anchors(tmp_path, {"a": given, "b": skipped})
    save_anchors(tmp_path, {"a": skipped})
    assert load_states(tmp_path) == {"a": given, "b": skipped}
    worse = AnchorState(Standing.DIFFERS, 70.0, "key", "cd" * 32)
    save_anchors(tmp_path, {"a": worse})
    assert load_states(tmp_path)["a"] == worse


@pytest.mark.parametrize(
    "text",
    ["{}", '{"schema": 2, "anchors": {}}', '{"schema": 1, "anchors": {"a": {"x": 1}}}'],
)
def test_damaged_states_are_named(text, tmp_path) -> None:
    (tmp_path / "anchors.json").write_text(text)
    with pytest.raises(DataError, match=r"anchors\.json is damaged"):
        load_states(tmp_path)
