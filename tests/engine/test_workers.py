from __future__ import annotations

import signal
import time

from mmengine.config import Config

from mmsia.bench.processes import process_start
from mmsia.engine.workers import watch_workers
from tests.bench.rank_group import run_ranks
from tests.engine.worker_tasks import die_while_loading


def test_no_worker_outlives_the_process_that_loads(tmp_path):
    file = tmp_path / "pids"
    assert run_ranks(die_while_loading, file, processes=1) == [-signal.SIGKILL]
    workers = [int(pid) for pid in file.read_text().split()]
    deadline = time.monotonic() + 10
    while any(process_start(pid) is not None for pid in workers):
        assert time.monotonic() < deadline, "they wait for good"
        time.sleep(0.05)
    assert len(workers) == 2


def test_loaders_are_watched_but_what_they_have_stays():
    own, watch = {"type": "mine"}, {"type": "end_with_loader", "quiet": False}
    drawn = {"dataset": {"type": "DrawDataset"}}
    test = {"worker_init_fn": own, "disable_subprocess_warning": True}
    config = Config({"train_dataloader": drawn, "test_dataloader": test})
    watch_workers(config)
    assert config.train_dataloader.worker_init_fn == watch
    assert config.test_dataloader == test
    assert "val_dataloader" not in config
    seeded = {"train_dataloader": {"dataset": {"type": "A"}}, "val_dataloader": {}}
    config = Config(seeded)
    config.val_dataloader.disable_subprocess_warning = True
    watch_workers(config)
    assert "worker_init_fn" not in config.train_dataloader
    assert config.val_dataloader == {"worker_init_fn": {**watch, "quiet": True}}
