"""A test of several settings of a decoder on features that are computed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any

import torch
from mmengine.model import is_model_wrapper
from mmengine.registry import LOOPS
from mmengine.runner import TestLoop
from mmengine.runner.amp import autocast

from mmsia.errors import ConfigError


@LOOPS.register_module()
class VariantTestLoop(TestLoop):
    """Predicts every batch once for each variant, from shared features.

    The model has `extract_for_test(inputs)`, whatever does not depend on a variant, and
    `predict_from(shared, data_samples)`. Metrics get the variant's name behind their
    own: `coco/AP@thre-0.08`.

    Args:
        runner: The runner.
        dataloader: Of the test set.
        evaluator: Config of the metric; under `variants`, name -> config of its own.
        fp16: Whether to test in half precision.
        variants: Name -> dotted attribute of the model -> its value.

    Raises:
        ConfigError: No variant, a model that shares nothing, or an attribute that it
            does not have.
    """

    def __init__(
        self,
        runner: Any,
        dataloader: Any,
        evaluator: Any,
        fp16: bool = False,
        variants: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        evaluator = dict(evaluator[0] if isinstance(evaluator, list) else evaluator)
        own = evaluator.pop("variants", {})
        super().__init__(runner, dataloader, evaluator, fp16)
        self.variants = dict(variants or {})
        self.model = (
            runner.model.module if is_model_wrapper(runner.model) else (runner.model)
        )
        if not self.variants or not hasattr(self.model, "predict_from"):
            raise ConfigError(
                "VariantTestLoop",
                expected="variants, and a model with extract_for_test and predict_from",
                got=f"{len(self.variants)} variants and {type(self.model).__name__}",
            )
        self.evaluators = {
            name: runner.build_evaluator(own.get(name, evaluator))
            for name in self.variants
        }
        for each in self.evaluators.values():
            each.dataset_meta = self.evaluator.dataset_meta

    def run(self) -> dict[str, float]:
        """Test all variants.

        Returns:
            Metrics of all of them.
        """
        self.runner.call_hook("before_test")
        self.runner.call_hook("before_test_epoch")
        self.runner.model.eval()
        for index, batch in enumerate(self.dataloader):
            self.run_iter(index, batch)
        size = len(self.dataloader.dataset)
        metrics = {
            f"{key}@{name}": value
            for name, evaluator in self.evaluators.items()
            for key, value in evaluator.evaluate(size).items()
        }
        self.runner.call_hook("after_test_epoch", metrics=metrics)
        self.runner.call_hook("after_test")
        return metrics

    @torch.no_grad()
    def run_iter(self, idx: int, data_batch: Any) -> None:
        """Predict one batch by all variants.

        Args:
            idx: Number of the batch.
            data_batch: As the loader gives it.
        """
        self.runner.call_hook("before_test_iter", batch_idx=idx, data_batch=data_batch)
        found: list[Any] = []
        with autocast(enabled=self.fp16):
            batch = self.model.data_preprocessor(data_batch, False)
            shared = self.model.extract_for_test(batch["inputs"])
            for name, values in self.variants.items():
                samples = [sample.clone() for sample in batch["data_samples"]]
                with attributes(self.model, values):
                    found = self.model.predict_from(shared, samples)
                self.evaluators[name].process(data_samples=found, data_batch=data_batch)
        self.runner.call_hook(
            "after_test_iter", batch_idx=idx, data_batch=data_batch, outputs=found
        )


@contextmanager
def attributes(model: Any, values: Mapping[str, Any]) -> Iterator[None]:
    """Give attributes of a model other values for a while.

    Args:
        model: The model.
        values: Dotted path -> value.

    Raises:
        ConfigError: The model has no such attribute.
    """
    before = []
    try:
        for path, value in values.items():
            *way, last = path.split(".")
            try:
                owner = reduce(getattr, way, model)
                before.append((owner, last, getattr(owner, last)))
            except AttributeError as error:
                raise ConfigError(
                    f"the variant's attribute {path!r}",
                    expected="one of the model",
                    got=str(error),
                ) from error
            setattr(owner, last, value)
        yield
    finally:
        for owner, last, value in reversed(before):
            setattr(owner, last, value)
