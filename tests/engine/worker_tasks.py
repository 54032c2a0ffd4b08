"""A process that dies while its workers wait to hand over more than a pipe holds."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from torch.utils.data import DataLoader

from mmsia.engine.workers import end_with_loader


class Large:
    def __len__(self):
        return 100

    def __getitem__(self, index):
        return bytes(1 << 18)


def die_while_loading(pids: Path) -> None:
    loader = DataLoader(
        Large(),
        num_workers=2,
        collate_fn=list,
        worker_init_fn=end_with_loader,
        multiprocessing_context="fork",
    )
    batches = iter(loader)
    next(batches)
    pids.write_text(" ".join(str(worker.pid) for worker in batches._workers))
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
