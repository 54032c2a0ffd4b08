"""Processes that load data end with the one that they load it for.

torch's own look for their parent too, but not while they wait to hand over a batch:
after a kill they would wait for good, and keep the connections of a process group open,
so that the other processes would wait as well.
"""

from __future__ import annotations

import os
import threading
from multiprocessing import parent_process

from mmengine.config import Config
from mmengine.registry import FUNCTIONS


def watch_workers(config: Config) -> None:
    """Let the workers of a config's loaders end with this process.

    Args:
        config: Changed in place; a loader's own `worker_init_fn` stays.
    """
    for split in ("train", "val", "test"):
        loader = config.get(f"{split}_dataloader")
        if loader is not None:
            loader.setdefault("worker_init_fn", {"type": "end_with_loader"})


@FUNCTIONS.register_module()
def end_with_loader(worker_id: int) -> None:
    """End this worker as soon as the process that loads has ended.

    Args:
        worker_id: Not used.
    """
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    loader = parent_process()
    if loader is not None:
        loader.join()
        os._exit(1)
