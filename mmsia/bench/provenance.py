"""Where a number comes from: code, config, data, seed, versions and machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import mmsia
from mmsia.bench.data import DataSource
from mmsia.bench.spec import RunSpec
from mmsia.errors import MMSIAError
from mmsia.files import sha256_file
from mmsia.paths import project_root

PACKAGES = (
    *("numpy", "scipy", "opencv-python", "pycocotools", "torch", "torchvision"),
    *("onedl-mmengine", "onedl-mmcv", "mmpose"),
)


def run_provenance(
    spec: RunSpec, data: DataSource, *, command: str, started: str, seconds: float
) -> dict[str, Any]:
    """Everything needed to trace and repeat one run.

    Args:
        spec: The run.
        data: The annotations that it read.
        command: The command line that made it.
        started: UTC time, ISO 8601.
        seconds: Duration.
    """
    return {
        "command": command,
        "started": started,
        "seconds": round(seconds, 3),
        "measure": spec.measure,
        "evidence": str(spec.evidence),
        "scale": str(spec.scale),
        "config": spec.config,
        "config_digest": sha256_file(project_root() / spec.config),
        "settings": spec.settings,
        "sources_digest": spec.sources_digest,
        "data": data.summary(),
        "seed": spec.seed,
        "num_draws": spec.num_draws,
        "start": spec.start,
        "weights": spec.weights,
        **environment(),
    }


@lru_cache(maxsize=1)
def environment() -> dict[str, Any]:
    """Code, versions and machine of this process."""
    return {
        "mmsia": mmsia.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "machine": _processor(),
        "num_cpus": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    """Commit of the checkout, `+changes` where files differ from it."""
    git = shutil.which("git")
    if git is None:
        return "unknown (git is not installed)"
    try:
        root = project_root()
        commands = (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno"))
        head, changes = (
            subprocess.run(  # noqa: S603
                [git, "-C", str(root), *words],
                capture_output=True,
                text=True,
                check=True,
                timeout=20,
            ).stdout.strip()
            for words in commands
        )
    except (MMSIAError, subprocess.SubprocessError, OSError):
        return "unknown (not a git checkout)"
    return f"{head}+changes" if changes else head


def _processor() -> str:
    """Name of the processor as the system tells it."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
