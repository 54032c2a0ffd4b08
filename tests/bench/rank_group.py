"""Groups of processes for tests: forked with the stack imported, joined over gloo."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PATIENCE = 120.0


def start_ranks(
    folder: Path, task: Callable[..., Any], *arguments: Any, processes: int = 2
) -> list[multiprocessing.Process]:
    """Start a task in every process of a group.

    Args:
        folder: Takes the answers.
        task: A function of a module; its result can be pickled.
        *arguments: Of the task.
        processes: How many; one alone has no group.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mmsia.all", "mmsia.bench.training"])
    ranks = [
        context.Process(
            target=_take_part, args=(folder, task, arguments, rank, processes)
        )
        for rank in range(processes)
    ]
    for rank in ranks:
        rank.start()
    return ranks


def run_ranks(task: Callable[..., Any], *arguments: Any, processes: int = 2) -> list:
    """Run a task in every process of a group.

    Returns:
        What each process returned or raised, or the exit status of one that died.
    """
    with tempfile.TemporaryDirectory() as name:
        ranks = start_ranks(Path(name), task, *arguments, processes=processes)
        deadline = time.monotonic() + _PATIENCE
        for rank in ranks:
            rank.join(max(0.0, deadline - time.monotonic()))
        late = [rank for rank in ranks if rank.exitcode is None]
        for rank in late:
            rank.kill()
        assert not late, f"{len(late)} processes did not end"
        return [_answer(Path(name), n, rank) for n, rank in enumerate(ranks)]


def _answer(folder: Path, number: int, rank: multiprocessing.Process) -> Any:
    path = folder / f"{number}.pickle"
    if not path.exists():
        return rank.exitcode
    return pickle.loads(path.read_bytes())  # noqa: S301, of the test's own child


def _take_part(
    folder: Path, task: Callable[..., Any], arguments: tuple, rank: int, processes: int
) -> None:
    import torch
    from torch import distributed

    torch.set_num_threads(1)
    # What mmengine's runner reads, as torchrun sets it.
    os.environ["LOCAL_RANK"] = str(rank)
    if processes > 1:
        distributed.init_process_group(
            "gloo",
            init_method=f"file://{folder / 'meeting'}",
            rank=rank,
            world_size=processes,
        )
    try:
        answer = task(*arguments)
    except Exception as error:
        answer = error
    # Whole or absent: a killed process leaves none.
    half = folder / f"{rank}.half"
    half.write_bytes(pickle.dumps(answer))
    half.replace(folder / f"{rank}.pickle")
