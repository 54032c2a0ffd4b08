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


def test_every_loader_is_watched_but_what_it_has_stays():
    own = {"type": "mine"}
    config = Config(
        {"train_dataloader": {}, "test_dataloader": {"worker_init_fn": own}}
    )
    watch_workers(config)
    assert config.train_dataloader.worker_init_fn == {"type": "end_with_loader"}
    assert config.test_dataloader.worker_init_fn == own
    assert "val_dataloader" not in config
