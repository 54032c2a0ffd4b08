"""A network that counts its steps, and a validation that says what is known of each."""

from __future__ import annotations

import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.registry import METRICS, MODELS
from torch import nn


@MODELS.register_module()
class CountingNet(BaseModel):
    """Knows how many steps it was trained; its one weight tells the trainings apart."""

    def __init__(self, data_preprocessor: dict) -> None:
        super().__init__(data_preprocessor)
        self.weight = nn.Parameter(torch.zeros((), dtype=torch.float64))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, inputs, data_samples=None, mode="loss"):
        if mode == "loss":
            self.steps += 1
            return {"loss": (self.weight - inputs.double().mean()).square()}
        for sample in data_samples:
            sample.set_metainfo({"steps": int(self.steps)})
        return data_samples


@METRICS.register_module()
class ToldScore(BaseMetric):
    """The score `told` of the weights after each number of steps, as a list says.

    Args:
        scores: Steps (as text) -> score; of steps that are not here there is none.
        **options: As BaseMetric.
    """

    def __init__(self, scores: dict[str, float], **options) -> None:
        super().__init__(**options)
        self.scores = scores

    def process(self, data_batch, data_samples) -> None:
        """Take note of the images and of the steps behind what was predicted."""
        self.results += [(one["img_id"], one["steps"]) for one in data_samples]

    def compute_metrics(self, results) -> dict[str, float]:
        """The score, after a look at whether each image was seen once."""
        images, steps = zip(*results, strict=True)
        assert len(set(images)) == len(images) and len(set(steps)) == 1
        told = self.scores.get(str(steps[0]))
        return {"other": 0.0} | ({} if told is None else {"told": told})
