"""What KLPNet learns of the training data when its network is trained."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from mmengine import dist
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmpose.registry import HOOKS

from mmsia.engine.run_config import inner_dataset
from mmsia.errors import ConfigError
from mmsia.models.estimators.klpnet import KLPNet
from mmsia.models.estimators.klpnet_nodes import annotated_nodes


@HOOKS.register_module()
class LearnTemplatesHook(Hook):
    """Fills KLPNet's templates after the last training step, before it is saved.

    The training objects are gone through once more, in a test's crops, by the network
    as it is then; several processes share them.

    Args:
        pipeline: Transforms of a test; PackPoseInputs packs the crops' keypoints, too.
        batch_size: Crops at once; the training's if None.

    Raises:
        ConfigError: While training, a network without templates.
    """

    def __init__(
        self, pipeline: Sequence[dict[str, Any]], batch_size: int | None = None
    ) -> None:
        self.batch_size = batch_size
        self.pipeline = [
            {**step, "pack_transformed": True}
            if step["type"] == "PackPoseInputs"
            else step
            for step in pipeline
        ]

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Learn, if this was the last step.

        Args:
            runner: The runner that trains.
            batch_idx: Not used.
            data_batch: Not used.
            outputs: Not used.
        """
        if not self.is_last_train_iter(runner):
            return
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        loader = deepcopy(runner.cfg.train_dataloader)
        settings = {
            "dataset": {**inner_dataset(loader.dataset), "pipeline": self.pipeline},
            "batch_size": self.batch_size or loader.batch_size,
            "num_workers": loader.get("num_workers", 0),
            "sampler": {"type": "DefaultSampler", "shuffle": False, "round_up": False},
        }
        learn_templates(model, runner.build_dataloader(settings))


def learn_templates(model: KLPNet, loader: Any) -> None:
    """Learn features and distances of parts of a data set's objects.

    Args:
        model: Changed in place; its mode of training is kept.
        loader: Of test crops of ObjectKeypointDataset; each process has a part of it.

    Raises:
        ConfigError: A network without templates.
    """
    if not isinstance(model, KLPNet):
        raise ConfigError(
            "LearnTemplatesHook", expected="KLPNet", got=type(model).__name__
        )
    templates, training = model.templates, model.training
    templates.forget()
    model.eval()
    with torch.no_grad():
        for batch in loader:
            batch = model.data_preprocessor(batch, training=False)
            finest = model.extract_feat(batch["inputs"])[-1][-1]
            found = annotated_nodes(finest, batch["data_samples"], model.head.decoder)
            numbers = torch.as_tensor([len(parts) for parts in found.parts])
            templates.bank.update(
                torch.cat(found.features),
                found.labels.repeat_interleave(numbers.to(found.labels)),
                torch.as_tensor(np.concatenate(found.parts)).to(found.labels),
            )
    for buffer in (templates.bank.sums, templates.bank.counts):
        dist.all_reduce(buffer)
    model.train(training)
    # annotations are at hand in every process
    infos = [loader.dataset.get_data_info(i) for i in range(len(loader.dataset))]
    templates.learn_distances(
        [info["keypoints"][0] for info in infos],
        [info["keypoints_visible"][0] > 0 for info in infos],
        np.concatenate([info["bbox"] for info in infos]),
        np.array([info["category_id"] for info in infos]),
    )
