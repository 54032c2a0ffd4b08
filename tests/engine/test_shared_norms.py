from __future__ import annotations

import pytest
import torch
from torch import nn

from mmsia.engine.shared_norms import SharedBatchNorm, share_batch_norms
from mmsia.errors import ConfigError
from tests.bench.rank_group import run_ranks
from tests.engine.norm_tasks import normalise


def test_two_processes_normalise_like_one_that_has_all():
    """Against torch's own layer on the whole batch, with shares of 3 and 2 images."""
    generator = torch.Generator().manual_seed(0)
    batch = torch.randn(5, 3, 4, 2, generator=generator, dtype=torch.float64) * 3 + 7
    whole = normalise(batch, [5])
    parts = run_ranks(normalise, batch, [3, 2])
    for name in ("found", "input_grad", "evaluated"):
        together = torch.cat([part[name] for part in parts])
        torch.testing.assert_close(together, whole[name])
    for name in whole:
        if name.startswith("state"):
            for part in parts:
                torch.testing.assert_close(part[name], whole[name])
        elif name.startswith("grad"):
            # What data parallel training adds up.
            torch.testing.assert_close(parts[0][name] + parts[1][name], whole[name])
    assert whole["input_grad"].abs().max() > 1e-3


def test_layers_stay_what_they_are_beside_their_statistics():
    model = nn.Sequential(
        nn.BatchNorm1d(4), nn.SyncBatchNorm(4), nn.GroupNorm(2, 4), nn.LayerNorm(4)
    )
    layers, state = list(model), {k: v.clone() for k, v in model.state_dict().items()}
    share_batch_norms(model)
    assert [type(layer) for layer in model] == [
        *(SharedBatchNorm, SharedBatchNorm),
        *(nn.GroupNorm, nn.LayerNorm),
    ]
    assert all(a is b for a, b in zip(model, layers, strict=True))
    torch.testing.assert_close(dict(model.state_dict()), state)
    with pytest.raises(ValueError, match="two or more dimensions"):
        model[0](torch.zeros(3))


def test_a_kind_of_its_own_is_refused():
    class OwnNorm(nn.BatchNorm2d):
        pass

    with pytest.raises(ConfigError, match=r"^1 cannot be trained on several.*OwnNorm"):
        share_batch_norms(nn.Sequential(nn.Identity(), OwnNorm(2)))
