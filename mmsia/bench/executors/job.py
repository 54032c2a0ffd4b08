"""The one function that every executor calls, with what goes in and what comes out.

All of it can be pickled, and nothing here touches the store: a run may be made on
another machine, and the session that asked for it writes the result.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmsia.bench.measurement import Measurement, Progress, Request, ignore_progress
from mmsia.bench.measures import MEASURES
from mmsia.bench.outcome import FailureKind, kind_of
from mmsia.bench.provenance import run_provenance
from mmsia.bench.spec import RunSpec
from mmsia.bench.terms import Status
from mmsia.errors import ConfigError

Execute = Callable[[RunSpec, Request], Measurement]


@dataclass(frozen=True)
class Job:
    """A run that an executor is to make.

    Attributes:
        spec: The run.
        request: What its measurement is given.
        command: The command line, for the provenance.
        folder: Where its log goes.
        threads: Of its process; None leaves them alone.
    """

    spec: RunSpec
    request: Request
    command: str
    folder: Path
    threads: int | None = None


@dataclass(frozen=True)
class Ended:
    """How a job ended.

    Attributes:
        key: The run.
        status: done, failed, timeout or interrupted.
        seconds: Time spent.
        result: Scores and the like, if it is done.
        provenance: Where they come from.
        predictions: Per-image predictions.
        kind: Kind of failure.
        error: The failure in one line.
        trace: Its traceback, if there is one.
    """

    key: str
    status: Status
    seconds: float = 0.0
    result: dict[str, Any] | None = None
    provenance: dict[str, Any] | None = None
    predictions: Any = None
    kind: FailureKind | None = None
    error: str = ""
    trace: str = ""


def execute_here(spec: RunSpec, request: Request) -> Measurement:
    """Run in this process, which may be one of the group that makes the run.

    Raises:
        ConfigError: The group is not as large as the run says.
    """
    _check_group(spec)
    return MEASURES[spec.measure].load()(request)


def run_one(
    job: Job, on_progress: Progress = ignore_progress, execute: Execute = execute_here
) -> Ended:
    """Make one run; whatever it raises is returned, so that it costs its row alone.

    Args:
        job: The run.
        on_progress: Called with (done, total) steps.
        execute: Does the work.
    """
    started = datetime.now(UTC).isoformat(timespec="seconds")
    clock = time.perf_counter()
    if job.threads is not None:
        use_threads(job.threads)
    request = replace(job.request, on_progress=on_progress)
    try:
        found = execute(job.spec, request)
        seconds = time.perf_counter() - clock
        provenance = run_provenance(
            job.spec,
            request.data,
            command=job.command,
            started=started,
            seconds=seconds,
        )
        provenance |= _sharing(job.spec)
        if found.selected is not None:
            provenance["selected"] = dict(found.selected)
    except Exception as error:
        return failed(job.spec.key, error, time.perf_counter() - clock)
    return Ended(
        job.spec.key,
        Status.DONE,
        seconds,
        result=found.as_result(),
        provenance=provenance,
        predictions=found.predictions,
    )


def _check_group(spec: RunSpec) -> None:
    """Numbers depend on how many processes share a run, and so does its key."""
    distributed, there = sys.modules.get("torch.distributed"), 1
    if distributed is not None and distributed.is_initialized():
        there = distributed.get_world_size()
    expected = spec.processes or 1
    if there != expected:
        raise ConfigError(
            f"the processes that make the run {spec.key} together",
            expected=f"{expected}",
            got=f"{there}",
            remedy="`--executor torchrun` starts as many as the plan says.",
        )


def _sharing(spec: RunSpec) -> dict[str, Any]:
    """What the provenance says of a run that several processes made."""
    if spec.processes is None:
        return {}
    return {"processes": spec.processes, "batch_norm": "over the batch of all"}


def failed(key: str, error: Exception, seconds: float) -> Ended:
    """The end of a run that raised.

    Args:
        key: The run.
        error: What it raised.
        seconds: Time spent.
    """
    return Ended(
        key,
        Status.FAILED,
        seconds,
        kind=kind_of(error),
        error=f"{type(error).__name__}: {error}",
        trace="".join(traceback.format_exception(error)),
    )


def use_threads(number: int) -> None:
    """Set the threads of this process, of what is imported and of what will be.

    Args:
        number: Threads of torch, OpenCV and the libraries below them.
    """
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(number)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(number)
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(number)
