"""P2 with two processes that share the draws and the gradients (CPU, gloo)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmsia.paths import project_root

CHILD = Path(__file__).with_name("two_ranks_child.py")


def train(data, work, last_step=8):
    launcher = ["torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run(
        [sys.executable, "-m", *launcher, str(CHILD), data, work, str(last_step)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(project_root()), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.slow
def test_the_break_leaves_no_trace(images, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(str(images), str(whole))
    train(str(images), str(broken), last_step=5)
    assert [path.name for path in broken.glob("*.pth")] == ["iter_4.pth"]
    train(str(images), str(broken))
    first, second = (
        torch.load(folder / "iter_8.pth", weights_only=True)["state_dict"]
        for folder in (whole, broken)
    )
    for name, tensor in first.items():
        assert torch.equal(second[name], tensor), name
