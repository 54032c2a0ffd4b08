"""Which trainings select their weights: decided from the config, by what is tested."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from mmsia.bench.scales import load_scales
from mmsia.bench.selection import Selection, selection_of
from mmsia.bench.settings import resolved_config
from mmsia.bench.terms import Scale
from mmsia.bench.training_plan import TrainingPlan
from mmsia.errors import ConfigError
from mmsia.paths import project_root

HANDS = "configs/siagcn/siagcn_shg_panoptic_baseline.py"
FINE_TUNED = "configs/siagcn/siagcn_shg_mpii-nzsl_baseline.py"
TWO_HANDS = "configs/dir/dir_interhand_256.py"
PCK, ERROR = Selection("pck@0.04", "greater"), Selection("mpjpe", "less")


@pytest.fixture
def hands():
    """A config that validates on one part of a split and tests on another."""
    return copy.deepcopy(resolved_config(HANDS))


def test_validation_parts_and_files_of_their_own_are_selected_on(hands) -> None:
    assert selection_of(hands) == PCK
    assert selection_of(resolved_config(FINE_TUNED)) == PCK
    assert selection_of(resolved_config(TWO_HANDS)) == ERROR


def test_every_config_that_validates_on_its_test_set_takes_the_last_step() -> None:
    """All of the project's: what is selected is SIA-GCN's, DIR's and nobody else's."""
    root = project_root()
    found: dict[str, set[Selection | None]] = {}
    for path in sorted(root.glob("configs/*/*.py")):
        config = resolved_config(path.relative_to(root).as_posix())
        # COCO's test-dev is another set than val2017; its rows are the server's.
        if "model" in config and "testdev" not in path.name:
            found.setdefault(path.parent.name, set()).add(selection_of(config))
    assert found.pop("siagcn") == {PCK}
    assert found.pop("dir") == {ERROR}
    assert found == {name: {None} for name in ("anchors", "cganet", "gog", "klpnet")}


def dataset(config: dict, split: str) -> dict:
    return config[f"{split}_dataloader"]["dataset"]


@pytest.mark.parametrize("parts", ["test", ["val", "test"], None])
def test_parts_that_are_tested_on_are_not_selected_on(hands, parts) -> None:
    dataset(hands, "val")["parts"] = parts
    assert selection_of(hands) is None


def test_where_it_cannot_be_told_nothing_is_selected(hands) -> None:
    for change in (
        lambda c: dataset(c, "test").pop("split_file"),
        lambda c: dataset(c, "val").update(split_file="splits/sequence.json"),
        lambda c: dataset(c, "val").pop("ann_file"),
        lambda c: c.pop("val_dataloader"),
        lambda c: c.pop("test_dataloader"),
        lambda c: c["default_hooks"]["checkpoint"].pop("save_best"),
        lambda c: c.pop("default_hooks"),
    ):
        other = copy.deepcopy(hands)
        change(other)
        assert selection_of(other) is None


def test_the_same_file_by_another_name_is_the_same(hands) -> None:
    for split in ("val", "test"):
        dataset(hands, split).pop("split_file")
    assert selection_of(hands) is None
    dataset(hands, "test")["ann_file"] = "./" + dataset(hands, "val")["ann_file"]
    assert selection_of(hands) is None
    dataset(hands, "test")["ann_file"] = "annotations/others.json"
    assert selection_of(hands) == PCK


def test_whatever_is_scored_with_the_weights_counts(hands) -> None:
    leaking = copy.deepcopy(hands)
    dataset(leaking, "test")["parts"] = "val"
    assert selection_of(hands, [hands]) == PCK
    assert selection_of(hands, [hands, leaking]) is None
    scales = load_scales("siagcn")
    first = "configs/siagcn/siagcn_shg_panoptic_10-head.py"
    stem = "configs/siagcn/siagcn_shg_panoptic_r-siapose"
    late = "configs/siagcn/siagcn_shg_mpii-nzsl_r-siapose.py"
    assert scales.scored_with(first) == (f"{stem}_rotation.py", f"{stem}.py", late)


@pytest.mark.parametrize(
    ("score", "rule"),
    [("auto", "greater"), (["pck@0.04", "mpck"], "greater"), ("mpck", None)],
)
def test_one_score_and_a_rule_are_to_be_named(hands, score, rule) -> None:
    hands["default_hooks"]["checkpoint"] |= {"save_best": score, "rule": rule}
    with pytest.raises(ConfigError, match="the name of one score, and rule"):
        selection_of(hands)


@pytest.fixture
def plan(data):
    """Plans SIA-GCN's trainings at a scale."""
    return lambda scale: TrainingPlan(
        load_scales("siagcn"), scale, lambda config: data, 0, 10, 1
    )


def test_the_plan_says_by_what_and_the_key_tells(plan) -> None:
    trained, evaluated = plan(Scale.PAPER).evaluation(HANDS, 0)
    assert trained.settings["selection"] == {"score": "pck@0.04", "rule": "greater"}
    assert "selection" not in evaluated.settings
    last = {k: v for k, v in trained.settings.items() if k != "selection"}
    assert replace(trained, settings=last).key != trained.key
    other = {**last, "selection": {"score": "mpck", "rule": "greater"}}
    assert replace(trained, settings=other).key != trained.key


@pytest.mark.parametrize("scale", [Scale.SMOKE, Scale.MINI])
def test_other_scales_have_no_validation_of_their_own(plan, scale) -> None:
    trained, _ = plan(scale).evaluation(HANDS, 0)
    assert set(trained.settings) == {"config", "config_digest", "overlay"}
