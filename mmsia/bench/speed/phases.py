"""What is measured of the rows of a table, all of them in one process and in turns."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.measurement import Progress, ignore_progress
from mmsia.bench.speed.device import GPU, waiter
from mmsia.bench.speed.entrants import Entrant, open_entrant
from mmsia.bench.speed.resident import peak_megabytes
from mmsia.bench.speed.timing import time_in_turns

CPU_BATCH = 2
"""Samples of a training step without a GPU, where a config's batch takes minutes."""

BUDGET = 60.0
"""Seconds that timed rounds of a phase may take, unless fewer than `LEAST` fit."""

LEAST, MOST = 8, 80
_WARM_UP = {GPU: 2}
"""Untimed passes over all scenes; without a GPU, one scene of each row is enough."""

Seconds = dict[str, list[float]]
"""Row -> seconds, one for each round."""


@dataclass(frozen=True)
class Predictions:
    """Times of one image each, in rounds that all rows share.

    Attributes:
        total: From the loaded image to people in its pixels.
        network: Of such a time, the network; in rounds of their own.
        prepared: Of that, onto the device and normalised.
        after: Of that, what is left: boxes and keypoints from maps.
        loaded: Reading, decoding and resizing the image, beforehand.
        half: `total` in half precision; empty without a GPU.
        fixed: `total` of one image again and again, as of a video; empty if not asked.
        people: Row -> fewest people that were found in an image.
        answered: Rows whose networks were given annotations to hand over.
    """

    total: Seconds
    network: Seconds
    prepared: Seconds
    after: Seconds
    loaded: Seconds
    half: Seconds
    fixed: Seconds
    people: dict[str, int]
    answered: tuple[str, ...]


def batch_of(entrant: Entrant) -> int:
    """Samples of a training step: the config's on a GPU, else a few.

    Args:
        entrant: The row.
    """
    if entrant.kind == GPU:
        return int(entrant.config.train_dataloader.batch_size)
    return CPU_BATCH


def time_predictions(
    entrants: Sequence[Entrant],
    *,
    half: bool = False,
    fixed: bool = False,
    on_progress: Progress = ignore_progress,
) -> Predictions:
    """Time what rows do with an image whose people they are told.

    Args:
        entrants: The rows, on one device.
        half: Whether to time them in half precision as well, where there is a GPU.
        fixed: Whether to time them on images of one size as well.
        on_progress: Told of each pass over the images.
    """
    from mmsia.bench.speed.stage import Stage

    kind = entrants[0].kind
    stages = [Stage(entrant) for entrant in entrants]
    kinds = {"total": [stage.calls() for stage in stages]}
    if half and kind == GPU:
        kinds["half"] = [stage.calls(half=True) for stage in stages]
    if fixed:
        kinds["fixed"] = [stage.fixed_calls() for stage in stages]
    on_progress(1, 3)
    timed = _kinds_in_turns(kinds, [stage.name for stage in stages], kind)
    total = timed["total"]
    on_progress(2, 3)
    # Waiting for the device between the parts costs time: rounds of their own.
    notes = {stage.name: stage.noting_calls(waiter(kind)) for stage in stages}
    scenes = len(next(iter(notes.values())))
    rounds = max(scenes, len(next(iter(total.values()))) // 2 // scenes * scenes)
    time_in_turns(notes, rounds=rounds, warm_up=0)
    found = Predictions(
        total=total,
        network={s.name: [split.network for split in s.splits] for s in stages},
        prepared={s.name: [split.prepared for split in s.splits] for s in stages},
        after={s.name: [split.after for split in s.splits] for s in stages},
        loaded=_in_turns({s.name: s.loads() for s in stages}, "cpu"),
        half=timed.get("half", {}),
        fixed=timed.get("fixed", {}),
        people={s.name: s.fewest_people or 0 for s in stages},
        answered=tuple(s.name for s in stages if s.answers),
    )
    on_progress(3, 3)
    return found


def time_training(
    entrants: Sequence[Entrant], on_progress: Progress = ignore_progress
) -> Seconds:
    """Time training steps: forward, backward and the optimiser's step.

    Args:
        entrants: The rows, on one device.
        on_progress: Told of each row that is ready.
    """
    calls: dict[str, list[Callable[[], object]]] = {}
    for number, entrant in enumerate(entrants):
        calls[entrant.name] = [_training_call(entrant)]
        on_progress(number + 1, len(entrants) + 1)
    times = _in_turns(calls, entrants[0].kind)
    on_progress(len(entrants) + 1, len(entrants) + 1)
    return times


def measure_memory(
    entrants: Sequence[Entrant],
    rows: Mapping[str, Mapping[str, Any]],
    folder: Path,
    threads: int,
    on_progress: Progress = ignore_progress,
) -> dict[str, dict[str, float]]:
    """Most memory of two training steps, a row at a time: MB of 2^20 bytes.

    Args:
        entrants: The rows, on one device.
        rows: Their settings, for processes of their own without a GPU.
        folder: Data folder.
        threads: Of these processes.
        on_progress: Told of each row.

    Returns:
        Row -> `allocated` and `reserved` by torch on a GPU; `resident` in a process of
        its own without; nothing where the system does not tell.
    """
    found: dict[str, dict[str, float]] = {}
    for number, entrant in enumerate(entrants):
        if entrant.kind == GPU:
            found[entrant.name] = _on_gpu(entrant)
        else:
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                row = dict(rows[entrant.name])
                task = pool.submit(_resident, entrant.name, row, folder, threads)
                most = task.result()
            found[entrant.name] = {} if most is None else {"resident": most}
        on_progress(number + 1, len(entrants))
    return found


def _training_call(entrant: Entrant) -> Callable[[], object]:
    model = entrant.network(training=True)
    step = entrant.training_step(model)
    batch = entrant.batch(batch_of(entrant))
    return lambda: step(batch)


def _on_gpu(entrant: Entrant) -> dict[str, float]:
    import torch

    gc.collect()
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    call = _training_call(entrant)
    # The optimiser has its own memory from the first step on.
    call()
    call()
    torch.cuda.synchronize()
    return {
        "allocated": (torch.cuda.max_memory_allocated() - before) / 2**20,
        "reserved": torch.cuda.max_memory_reserved() / 2**20,
    }


def _resident(
    name: str, row: Mapping[str, Any], folder: Path, threads: int
) -> float | None:
    """In a process of its own: from before the network is made."""
    import torch

    torch.set_num_threads(threads)
    entrant = open_entrant(name, row, folder, "cpu", 0)
    # Libraries take memory of their own when they are first used.
    entrant.batch(1)
    torch.nn.Conv2d(3, 3, 3)(torch.zeros(1, 3, 8, 8)).sum().backward()

    def train() -> None:
        call = _training_call(entrant)
        call()
        call()

    return peak_megabytes(train)


def _in_turns(
    calls: Mapping[str, Sequence[Callable[[], object]]], kind: str
) -> Seconds:
    """Warm up, then as many rounds as fit the budget, whole passes over the scenes."""
    wait = waiter(kind)
    for _ in range(_WARM_UP.get(kind, 0)):
        _pass(calls)
    wait()
    start = time.perf_counter()
    _pass({name: own[:1] for name, own in calls.items()})
    wait()
    scenes = len(next(iter(calls.values())))
    fitting = BUDGET / max(time.perf_counter() - start, 1e-9)
    rounds = int(np.clip(fitting, LEAST, MOST)) // scenes * scenes
    timed = time_in_turns(calls, rounds=rounds, warm_up=0, synchronize=wait)
    return {timing.name: timing.times.tolist() for timing in timed}


def _kinds_in_turns(
    kinds: Mapping[str, Sequence[Sequence[Callable[[], object]]]],
    rows: Sequence[str],
    device: str,
) -> dict[str, Seconds]:
    """Kinds of speed of every row, all in the same rounds: kind -> row -> seconds."""
    peers = {
        f"{kind} {row}": calls
        for kind, every in kinds.items()
        for row, calls in zip(rows, every, strict=True)
    }
    timed = _in_turns(peers, device)
    return {kind: {row: timed[f"{kind} {row}"] for row in rows} for kind in kinds}


def _pass(calls: Mapping[str, Sequence[Callable[[], object]]]) -> None:
    for own in calls.values():
        for call in own:
            call()
