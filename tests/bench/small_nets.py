"""Networks whose training is simple enough to bound its rounding errors by hand."""

from __future__ import annotations

import torch
from mmengine.model import BaseModel
from mmengine.registry import MODELS
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d

from mmsia.bench.training import TrainRequest, TrainResult, train

NUM_FEATURES, NUM_OUTPUTS = 48, 5


@MODELS.register_module()
class LinearNet(BaseModel):
    """y = W x of an image's 48 features in [0, 1], with five of them as the target."""

    def __init__(self, data_preprocessor: dict) -> None:
        super().__init__(data_preprocessor)
        size = (NUM_OUTPUTS, NUM_FEATURES)
        self.weight = nn.Parameter(torch.zeros(size, dtype=torch.float64))

    def forward(self, inputs, data_samples=None, mode="loss"):
        features = adaptive_avg_pool2d(inputs.double(), 4).flatten(1)
        errors = features @ self.weight.T - features[:, :NUM_OUTPUTS]
        return {"loss": 0.5 * errors.square().sum(1).mean()}


@MODELS.register_module()
class NormedNet(BaseModel):
    """A convolution, batch normalisation, a nonlinearity and one number an image."""

    def __init__(self, data_preprocessor: dict) -> None:
        super().__init__(data_preprocessor)
        self.stem = nn.Conv2d(3, 4, 3, stride=4)
        self.norm = nn.BatchNorm2d(4)
        self.last = nn.Linear(4, 1)
        self.double()

    def init_weights(self) -> None:
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.5, 0.5)

    def forward(self, inputs, data_samples=None, mode="loss"):
        maps = self.norm(self.stem(inputs.double())).tanh()
        return {"loss": (self.last(maps.mean((2, 3))) - 1).square().mean()}


def train_small(request: TrainRequest) -> tuple[TrainResult, dict]:
    """Train one of them; its class has to be known in that process."""
    result = train(request)
    return result, torch.load(result.weights, weights_only=True)["state_dict"]
