"""What channels-last memory, compiling and half precision are worth for a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import nn

from mmsia.bench.speed.network_calls import Network, Task, network_call
from mmsia.bench.speed.timing import Timing, paired_ratio, time_in_turns
from mmsia.errors import ConfigError

PLAIN = "as it is"
NETWORKS = {
    "SiaPose on SHG": (Network("siagcn/siagcn_shg_panoptic_10-head"), (256, 256)),
    "CGANet D1W64": (Network("cganet/cganet_384_d1w64_guider"), (384, 384)),
    "CKLM, 3 stages": (Network("klpnet/cklm_coco_256x192_3stages"), (192, 256)),
    "DIR": (Network("dir/dir_interhand_256"), (256, 256)),
    "GOG, Hourglass-104": (Network("gog/gog_hg104_coco19_640_noflip"), (256, 256)),
}
"""Name -> network and the image that it sees, (w, h)."""


def _channels_last(model: nn.Module) -> nn.Module:
    return model.to(memory_format=torch.channels_last)


def _compiled(model: nn.Module) -> nn.Module:
    model.compile()
    return model


def _half(model: nn.Module) -> nn.Module:
    """Autocast to bfloat16, forwards; what comes back follows."""
    kind = next(model.parameters()).device.type
    model.forward = torch.autocast(kind, torch.bfloat16)(model.forward)
    return model


SWITCHES: dict[str, Callable[[nn.Module], nn.Module]] = {
    "channels-last": _channels_last,
    "compile": _compiled,
    "bfloat16": _half,
}
"""Switch -> what it does to a model."""


def benchmark_switches(
    name: str,
    step: str,
    rounds: int,
    kind: str,
    switches: Sequence[str] | None = None,
) -> list[Timing]:
    """Time a network as it is and under each switch, in turns.

    There is a copy of the network for each.

    Args:
        name: One of `NETWORKS`.
        step: `forward`, or `forward + backward`.
        rounds: Timed rounds.
        kind: `cpu` or `cuda`.
        switches: Some of `SWITCHES`; None means all.

    Raises:
        ConfigError: No such network or switch.
    """
    from mmsia.bench.speed.device import waiter

    chosen = list(SWITCHES if switches is None else switches)
    _check("a network", [name], NETWORKS)
    _check("a switch", chosen, SWITCHES)
    network, size = NETWORKS[name]
    build = partial(network_call, network, Task(size, step, kind))
    calls = {PLAIN: [build()]}
    calls |= {switch: [build(SWITCHES[switch])] for switch in chosen}
    return time_in_turns(calls, rounds=rounds, synchronize=waiter(kind))


def _check(what: str, given: Sequence[str], known: Mapping[str, object]) -> None:
    for name in given:
        if name not in known:
            raise ConfigError(what, expected=f"one of {', '.join(known)}", got=name)


def worth(timings: list[Timing]) -> dict[str, tuple[float, tuple[float, float]]]:
    """How many times as quick each switch makes a network, with its interval.

    Args:
        timings: As `benchmark_switches`; the network as it is comes first.
    """
    plain, *switched = timings
    return {timing.name: paired_ratio(timing, plain) for timing in switched}
