"""The executor that the command line names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from mmsia.bench.executors.base import Executor
from mmsia.errors import ConfigError

EXECUTORS = {
    "local": "processes of this machine, one a run",
    "torchrun": "several processes or GPUs of this machine for each run",
    "ray": "tasks of a Ray cluster",
    "slurm": "jobs of a Slurm cluster",
}
"""Name -> where its runs are made."""


def make_executor(
    name: str,
    work_dir: Path,
    *,
    jobs: int = 1,
    timeout: float | None = None,
    options: Iterable[str] = (),
) -> Executor:
    """Make an executor; its packages are imported only if it is chosen.

    Args:
        name: One of `EXECUTORS`.
        work_dir: Work folder.
        jobs: Runs at a time.
        timeout: Seconds that one run may take.
        options: KEY=VALUE, the executor's own.

    Raises:
        ConfigError: If it does not take such an option.
        MissingPartError: If its package or command is not here.
    """
    values = dict(map(_parse, options))
    try:
        if name == "torchrun":
            from mmsia.bench.executors.torchrun import TorchrunExecutor

            return TorchrunExecutor(jobs, timeout, **values)
        if name == "ray":
            from mmsia.bench.executors.ray_tasks import RayExecutor

            return RayExecutor(jobs, timeout, **values)
        if name == "slurm":
            from mmsia.bench.executors.slurm import SlurmExecutor

            return SlurmExecutor(work_dir / "slurm", jobs, timeout, **values)
        from mmsia.bench.executors.local import LocalExecutor

        return LocalExecutor(jobs, timeout, **values)
    # submitit calls a parameter that it does not know a NameError.
    except (TypeError, NameError) as error:
        raise ConfigError(
            f"--executor-option of the executor {name}",
            expected="options that it takes",
            got=str(error),
        ) from error


def processes_of(name: str, options: Iterable[str] = ()) -> int | None:
    """How many processes an executor shares each training over; None: one trains.

    Args:
        name: One of `EXECUTORS`.
        options: KEY=VALUE, the executor's own.

    Raises:
        ConfigError: A number of processes that cannot be.
    """
    if name != "torchrun":
        return None
    from mmsia.bench.executors.torchrun import count_processes

    return count_processes(dict(map(_parse, options)).get("processes"))


def _parse(option: str) -> tuple[str, Any]:
    key, equals, value = option.partition("=")
    if not equals or not key.isidentifier():
        raise ConfigError("--executor-option", expected="KEY=VALUE", got=repr(option))
    return key, yaml.safe_load(value)
