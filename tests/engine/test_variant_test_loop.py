"""Settings tested on shared features are what each of them gives alone."""

from __future__ import annotations

import json
from copy import deepcopy
from types import SimpleNamespace

import pytest
import torch
from mmengine.runner import Runner

from mmsia.bench.scoring.choose import scoring_named, scoring_of
from mmsia.datasets.simulated import people
from mmsia.engine.variant_test_loop import attributes
from mmsia.errors import ConfigError
from tests.models.estimators.test_cganet_runner import plain_config

VARIANTS = {
    "few": {"head.decoder.max_boxes": 3},
    "wide": {"head.decoder.extension": "fixed", "head.decoder.ratio": 0.5},
}


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    people.write_people(folder, 3, 1, preset="smoke", split="train2017")
    config = plain_config(folder, 1, 8)
    config.test_dataloader, config.test_cfg = config.val_dataloader, {}
    config.test_evaluator = config.val_evaluator
    for part in ("train", "val"):
        for name in ("dataloader", "cfg", "evaluator"):
            config.pop(f"{part}_{name}", None)
    config.pop("optim_wrapper")
    config.pop("param_scheduler")
    return config


def outcome_of(config, folder, name, variants):
    """Predictions by variant, of the same network, and the backbone's calls."""
    config = deepcopy(config)
    config.experiment_name = f"{config.experiment_name}-{name}"
    if variants is not None:
        config.test_cfg = {"type": "VariantTestLoop", "variants": variants}
    scoring, evaluator = scoring_of(config.test_evaluator, variants or ())
    files = scoring.keep(evaluator, folder / name)
    config.test_evaluator = evaluator
    torch.manual_seed(0)
    runner = Runner.from_cfg(config)
    runner.model.init_weights()
    # wide enough that an untrained network finds somebody
    torch.nn.init.constant_(runner.model.head.size.bias, 0.5)
    calls = []
    runner.model.backbone.register_forward_hook(lambda *args: calls.append(1))
    runner.test()
    return scoring, scoring.read(files), len(calls)


def test_each_variant_is_as_alone_and_features_are_shared(config, tmp_path):
    scoring, found, calls = outcome_of(config, tmp_path, "both", VARIANTS)
    assert calls == 2, "one batch and its mirror image"
    alone = {}
    for name, values in VARIANTS.items():
        _, rows, _ = outcome_of(config, tmp_path, name, {name: values})
        alone[name] = rows
    assert found == alone["few"] + alone["wide"]
    per_image = [p["image_id"] for p in alone["few"]]
    assert 0 < max(map(per_image.count, set(per_image))) <= 3
    plain = deepcopy(config)
    plain.model.head.decoder = {**plain.model.head.decoder, "max_boxes": 3}
    _, rows, _ = outcome_of(plain, tmp_path, "plain", None)
    assert [{"variant": "few", **row} for row in rows] == alone["few"]
    truth = scoring.open(
        tmp_path
        / config.test_dataloader.dataset.data_root
        / "annotations"
        / "person_keypoints_train2017.json"
    )
    again = scoring_named(json.loads(json.dumps(scoring.settings())))
    ids = [record.image_id for record in truth.images]
    scored = again.score(truth, found, ids, 3)
    assert {"ap@few", "ap@wide", "ar@few"} <= set(scored.scores)
    assert set(scored.draws) <= set(scored.scores)


def test_attributes_come_back_whatever_happens():
    model = SimpleNamespace(head=SimpleNamespace(ratio=1, thr=2))
    with pytest.raises(ZeroDivisionError), attributes(model, {"head.ratio": 5}):
        assert model.head.ratio == 5
        1 / 0  # noqa: B018
    assert model.head.ratio == 1
    with pytest.raises(ConfigError, match=r"'head\.size'"):
        with attributes(model, {"head.thr": 9, "head.size": 3}):
            raise AssertionError("not reached")
    assert model.head.thr == 2


def test_a_model_that_shares_nothing_is_refused(config):
    config = deepcopy(config)
    config.experiment_name += "-none"
    config.test_cfg = {"type": "VariantTestLoop"}
    with pytest.raises(ConfigError, match="0 variants"):
        Runner.from_cfg(config).test()
