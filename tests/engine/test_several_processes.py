from __future__ import annotations

import pytest
from mmengine.config import Config
from torch import nn

from mmsia.engine.several_processes import WholeBatchDataParallel, deal_out
from mmsia.errors import ConfigError
from tests.bench.rank_group import run_ranks
from tests.engine.norm_tasks import ask_first


def config(batch_size=12, sampler="DrawSampler", **loader):
    sampling = {"sampler": {"type": sampler}, "batch_size": batch_size, **loader}
    return Config({"train_dataloader": sampling})


def test_a_process_gets_its_share_of_the_batch():
    made = config()
    deal_out(made, 3)
    assert made.train_dataloader.batch_size == 4
    assert made.launcher == "pytorch"
    assert made.model_wrapper_cfg.type == "WholeBatchDataParallel"
    assert [hook["type"] for hook in made.custom_hooks] == ["MeanLossHook"]
    assert made.train_dataloader.sampler == {"type": "DrawSampler"}
    made = config(sampler="EpochDrawSampler")
    deal_out(made, 3)
    assert made.train_dataloader.sampler.round_up is False


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (config(13), "expected a multiple of 3: .* got 13"),
        (config(2), "expected a multiple of 3: .* got 2"),
        (config(sampler="OwnSampler"), "got 'OwnSampler'"),
        (config(batch_sampler={"type": "A"}), "got a batch_sampler"),
    ],
)
def test_what_cannot_be_shared_is_refused(made, words):
    with pytest.raises(ConfigError, match=words):
        deal_out(made, 3)


def test_a_training_step_of_its_own_is_not_passed_over():
    with pytest.raises(ConfigError, match=r"training step of its own.*got Linear"):
        WholeBatchDataParallel(nn.Linear(1, 1))


def test_all_learn_what_the_first_found_or_raised():
    assert run_ranks(ask_first, False) == [10, 10]
    for error in run_ranks(ask_first, True):
        assert isinstance(error, ValueError) and str(error) == "in process 0"
