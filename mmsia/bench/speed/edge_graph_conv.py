"""How fast SIA-GCN's layer is: grouped convolution beside FFTs, on the same numbers.

Peers: the layer's two implementations, and FFTs as they are usually put in place of a
convolution, one an edge, left to autograd. They must agree, or the comparison is
refused. Peak memory is that of a fresh process each, above what it held before.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from mmsia.bench.speed.resident import peak_megabytes
from mmsia.bench.speed.timing import Timing, time_in_turns
from mmsia.errors import DataError
from mmsia.models.layers import EdgeGraphConv
from mmsia.models.layers.edge_spectra import fast_length

DIRECT, SPECTRAL = "direct", "spectral"
EDGEWISE = "an FFT an edge"
PEERS = (SPECTRAL, DIRECT, EDGEWISE)
STEPS = ("forward + backward", "forward")
TOLERANCE = 1e-4
"""Of float32 sums of k * k terms, relative to the largest value."""

# the sizes around the rule of `auto`, and the paper's
GRID = ((8, 15), (16, 7), (16, 9), (16, 15), (32, 9), (32, 15), (46, 45), (64, 45))


@dataclass(frozen=True)
class Situation:
    """What is timed: the hand tree's 61 edges, maps of noise.

    Attributes:
        map_size: Edge of the square maps, cells.
        kernel_size: Edge of the kernels, odd.
        heads: Number of heads.
        batch: Images.
        step: One of `STEPS`; "forward" is evaluation, its kernels transformed before.
    """

    map_size: int
    kernel_size: int
    heads: int = 1
    batch: int = 1
    step: str = STEPS[0]

    def __str__(self) -> str:
        return (
            f"{self.map_size} x {self.map_size}, k = {self.kernel_size}, "
            f"M = {self.heads}, B = {self.batch}, {self.step}"
        )


@dataclass(frozen=True)
class MeasuredLayer:
    """Timings of one situation.

    Attributes:
        situation: What was timed.
        auto: What `auto` picks here.
        timings: One for each peer.
        megabytes: Peer -> peak memory above the layer and its maps; None where the
            system does not tell.
    """

    situation: Situation
    auto: str
    timings: list[Timing]
    megabytes: dict[str, float | None]

    def timing(self, peer: str) -> Timing:
        """The timing of one peer."""
        return next(timing for timing in self.timings if timing.name == peer)

    @property
    def is_wrong_pick(self) -> bool:
        """Whether `auto` picks the spectral form where the direct one is faster."""
        lost = self.timing(SPECTRAL).median > self.timing(DIRECT).median
        return self.auto == SPECTRAL and lost

    def as_dict(self) -> dict[str, Any]:
        """All that was measured, for a file."""
        times = {t.name: (t.times * 1e3).tolist() for t in self.timings}
        measured = {"auto": self.auto, "megabytes": self.megabytes}
        return {**asdict(self.situation), **measured, "times_ms": times}


def benchmark_layer(
    situation: Situation, *, rounds: int, memory: bool = True
) -> MeasuredLayer:
    """Time the peers in turns.

    Args:
        situation: What to time.
        rounds: Timed rounds.
        memory: Measure peak memory as well, in a process each.

    Raises:
        DataError: If the peers disagree.
    """
    calls = {name: _call(situation, name) for name in PEERS}
    results = {name: call() for name, call in calls.items()}
    for name in PEERS[1:]:
        _check_same(situation, name, results[SPECTRAL], results[name])
    peers = {name: [call] for name, call in calls.items()}
    megabytes: dict[str, float | None] = {}
    if memory:
        megabytes = {name: _in_new_process(situation, name) for name in PEERS}
    return MeasuredLayer(
        situation,
        _picked(situation),
        time_in_turns(peers, rounds=rounds, warm_up=1),
        megabytes,
    )


def _layer(situation: Situation, impl: str) -> EdgeGraphConv:
    torch.manual_seed(0)
    layer = EdgeGraphConv(
        "hand", situation.kernel_size, situation.heads, impl=impl, init="uniform"
    )
    return layer.train(situation.step == STEPS[0])


def _picked(situation: Situation) -> str:
    layer = _layer(situation, "auto")
    maps = torch.zeros(1, layer.num_nodes, *[situation.map_size] * 2)
    with torch.set_grad_enabled(layer.training):
        return layer.implementation(maps)


def _call(situation: Situation, peer: str) -> Callable[[], list[Tensor]]:
    """A peer's step: output and, in training, the gradients of maps and kernels."""
    layer = _layer(situation, DIRECT if peer == EDGEWISE else peer)
    shape = (situation.batch, situation.heads, 21, *[situation.map_size] * 2)
    maps, weighting = torch.randn(shape), torch.randn(shape)
    run = layer if peer != EDGEWISE else _edgewise(layer, situation)

    def forward() -> list[Tensor]:
        with torch.no_grad():
            return [run(maps)]

    def both() -> list[Tensor]:
        output = run(maps.requires_grad_())
        inputs = (maps, layer.weight)
        return [output.detach(), *torch.autograd.grad(output, inputs, weighting)]

    return both if layer.training else forward


def _edgewise(layer: EdgeGraphConv, situation: Situation) -> Callable[[Tensor], Tensor]:
    """Eq. (2) with an FFT of each edge's map; autograd does the rest."""
    cells, middle = situation.map_size, situation.kernel_size // 2
    size = [fast_length(cells + situation.kernel_size - 1)] * 2
    kept: list[Tensor] = []

    def kernels() -> Tensor:
        return torch.fft.rfft2(layer.weight, s=size).conj()

    def run(maps: Tensor) -> Tensor:
        if not layer.training and not kept:
            kept.append(kernels())
        spectra = torch.fft.rfft2(maps[:, :, layer.sources], s=size)
        product = spectra * (kernels() if layer.training else kept[0])
        filtered = torch.fft.irfft2(product, s=size).roll((middle, middle), (-2, -1))
        filtered = filtered[..., :cells, :cells]
        sums = maps.new_zeros(maps.shape).index_add(2, layer.destinations, filtered)
        return sums / layer.degrees

    return run


def _check_same(
    situation: Situation, peer: str, ours: list[Tensor], theirs: list[Tensor]
) -> None:
    for one, other in zip(ours, theirs, strict=True):
        error = ((one - other).abs().max() / other.abs().max()).item()
        if not error < TOLERANCE:
            raise DataError(
                f"{SPECTRAL} and {peer} disagree at {situation}",
                expected=f"less than {TOLERANCE} of the largest value",
                got=f"{error:.2g}",
                remedy="Report it: speed is worth nothing before they agree",
            )


def _in_new_process(situation: Situation, peer: str) -> float | None:
    context = multiprocessing.get_context("spawn")
    threads = torch.get_num_threads()
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_peak_megabytes, situation, peer, threads).result()


def _peak_megabytes(situation: Situation, peer: str, threads: int) -> float | None:
    """Peak memory of one step above what the process held before it."""
    torch.set_num_threads(threads)
    call = _call(situation, peer)
    # one small step first: libraries take memory of their own
    small = Situation(4, 3, step=situation.step)
    _call(small, peer)()
    return peak_megabytes(call)
