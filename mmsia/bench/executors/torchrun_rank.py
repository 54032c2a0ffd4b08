"""One rank of a run that torchrun started: `-m mmsia.bench.executors.torchrun_rank`."""

from __future__ import annotations

import os
import pickle
import sys
from datetime import timedelta
from pathlib import Path

from mmsia.bench.executors.job import Ended, Job, run_one
from mmsia.bench.processes import die_with
from mmsia.bench.terms import Status
from mmsia.files import write_bytes_atomic

JOB, ANSWER = "job.pickle", "answer-"
SESSION = "MMSIA_SESSION_PID"
_PATIENCE = timedelta(minutes=30)
"""How long ranks wait for each other: the first one alone writes checkpoints."""


def main(folder: Path) -> int:
    """Take part in a run and leave the answer.

    Args:
        folder: Holds the job; takes the answers.

    Returns:
        0, or 1 if the run failed here: torchrun then stops the other ranks.
    """
    import torch
    from torch import distributed

    die_with(os.getppid())
    die_with(int(os.environ[SESSION]))
    rank = int(os.environ["RANK"])
    job: Job = pickle.loads((folder / JOB).read_bytes())  # noqa: S301
    if (job.spec.processes or 1) == 1:
        return _make(folder, rank, job)
    gpus = torch.cuda.is_available()
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if gpus else "gloo", timeout=_PATIENCE)
    if _make(folder, rank, job) != 0:
        # Others may wait in a collective operation: no barrier would be reached.
        return 1
    distributed.barrier()
    distributed.destroy_process_group()
    return 0


def _make(folder: Path, rank: int, job: Job) -> int:
    end = run_one(job)
    if rank == 0 or end.status is not Status.DONE:
        _answer(folder, rank, end)
    return 0 if end.status is Status.DONE else 1


def _answer(folder: Path, rank: int, end: Ended) -> None:
    write_bytes_atomic(answer_file(folder, rank), pickle.dumps(end))


def answer_file(folder: Path, rank: int) -> Path:
    """Where a rank leaves how the run ended.

    Args:
        folder: As given to `main`.
        rank: Number of the rank.
    """
    return folder / f"{ANSWER}{rank:04d}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
