"""A config's network and data, ready to be timed: as it is trained and tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmsia.bench.network_runs import network_settings
from mmsia.bench.runner_process import load_config
from mmsia.bench.scales import TRAIN_SPLIT, VAL_SPLIT


@dataclass(frozen=True)
class Entrant:
    """One row of a table that is timed.

    Attributes:
        name: Row id.
        config: Its config, on the images of a folder.
        kind: `cuda` or `cpu`.
    """

    name: str
    config: Any
    kind: str

    def network(self, *, training: bool) -> Any:
        """The network, untrained, on the device.

        Args:
            training: Whether it is to be trained or to predict.
        """
        import torch
        from mmengine.logging import MMLogger
        from mmengine.registry import init_default_scope
        from mmpose.registry import MODELS

        init_default_scope("mmpose")
        # It would tell of every parameter how it starts.
        MMLogger.get_current_instance().setLevel("WARNING")
        torch.manual_seed(0)
        model = MODELS.build(self.config.model)
        model.init_weights()
        model = model.to(self.kind)
        model.train(training)
        return model

    def dataset(self, split: str) -> Any:
        """The data set that it reads for `train` or `test`.

        Args:
            split: Which of them.
        """
        from mmengine.registry import init_default_scope
        from mmpose.registry import DATASETS

        init_default_scope("mmpose")
        return DATASETS.build(self.config[f"{split}_dataloader"].dataset)

    def training_step(self, model: Any) -> Callable[[Mapping[str, Any]], object]:
        """Forward, backward and the optimiser's step on a batch.

        Args:
            model: Its network, to be trained.
        """
        from mmengine.optim import build_optim_wrapper

        optimiser = build_optim_wrapper(model, self.config.optim_wrapper)
        return lambda batch: model.train_step(batch, optimiser)

    def batch(self, size: int) -> dict[str, Any]:
        """Samples of the training set as a loader hands them over.

        Args:
            size: How many.
        """
        from mmengine.dataset import pseudo_collate

        dataset = self.dataset("train")
        return pseudo_collate([dataset[i % len(dataset)] for i in range(size)])


def open_entrant(
    name: str, row: Mapping[str, Any], folder: Path, kind: str, seed: int
) -> Entrant:
    """Read a row's config for the images of a folder.

    Args:
        name: Row id.
        row: `config`, relative to the project's root, and perhaps `overlay`.
        folder: Data folder with both splits.
        kind: `cuda` or `cpu`.
        seed: Of the config.
    """
    overlay = {
        "data_folder": folder,
        "train_split": TRAIN_SPLIT,
        "val_split": VAL_SPLIT,
        "seed": seed,
    }
    config = load_config(network_settings(dict(row)), overlay, folder / name)
    return Entrant(name, config, kind)
