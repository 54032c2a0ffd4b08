"""Processes that load data end with the one that they load it for.

torch's own look for their parent too, but not while they wait to hand over a batch:
after a kill they would wait for good, and keep the connections of a process group open,
so that the other processes would wait as well.
"""

from __future__ import annotations

import os
import threading
import warnings
from multiprocessing import parent_process

from mmengine.config import Config
from mmengine.registry import FUNCTIONS


def watch_workers(config: Config) -> None:
    """Let the workers of a config's loaders end with this process.

    A loader's own `worker_init_fn` stays, and mmengine's where training samples draw
    from what it seeds: those that are not wrapped in a DrawDataset.

    Args:
        config: Changed in place.
    """
    for split in ("train", "val", "test"):
        loader = config.get(f"{split}_dataloader")
        if loader is None or "worker_init_fn" in loader:
            continue
        if split != "train" or loader.dataset.get("type") == "DrawDataset":
            # An option of mmengine's, which would reach torch's loader.
            quiet = loader.pop("disable_subprocess_warning", False)
            loader.worker_init_fn = {"type": "end_with_loader", "quiet": quiet}


@FUNCTIONS.register_module()
def end_with_loader(worker_id: int, quiet: bool = False) -> None:
    """End this worker as soon as the process that loads has ended.

    Args:
        worker_id: Number of the worker.
        quiet: Whether only the first worker warns.
    """
    if quiet and worker_id > 0:
        warnings.simplefilter("ignore")
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    loader = parent_process()
    if loader is not None:
        loader.join()
        os._exit(1)
