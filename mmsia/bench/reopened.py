"""The network of a stored run and its test images, opened again for a figure."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmsia.bench.gallery_kernels import weights_behind
from mmsia.bench.runner_process import load_config
from mmsia.bench.store import Store, StoredRun
from mmsia.errors import DataError


@dataclass(frozen=True)
class Reopened:
    """What a run tested with.

    Attributes:
        model: The network with its weights, as in a test.
        dataset: Its test images, with pipeline.
    """

    model: Any
    dataset: Any

    def batch_of(self, image_id: int) -> dict[str, Any]:
        """All samples of an image as the network's own preprocessor hands them out.

        Args:
            image_id: Number of the image.

        Raises:
            DataError: If the test has none, or the image's file is gone.
        """
        from mmengine.dataset import pseudo_collate

        numbers = list(self._numbers_of(image_id))
        paths = [Path(self.dataset.get_data_info(n)["img_path"]) for n in numbers]
        if not paths or not all(path.is_file() for path in paths):
            raise DataError(
                f"image {image_id} of a figure",
                expected="its file",
                got=f"nothing at {paths[0] if paths else None}",
            )
        batch = pseudo_collate([self.dataset[number] for number in numbers])
        return self.model.data_preprocessor(batch, training=False)

    def _numbers_of(self, image_id: int) -> Iterable[int]:
        for number in range(len(self.dataset)):
            if int(self.dataset.get_data_info(number)["img_id"]) == image_id:
                yield number


def reopen(store: Store, run: StoredRun, data_folder: Path) -> Reopened:
    """Build what a run tested with.

    Args:
        store: Where the run and its training are.
        run: An evaluation of a network.
        data_folder: Has `annotations/` and the folders of images.

    Raises:
        DataError: If weights are not at hand any more.
    """
    from mmengine.registry import init_default_scope
    from mmpose.registry import DATASETS, MODELS

    from mmsia.models.weights.loading import load_weights

    weights = weights_behind(store, run)
    config = config_of(run, data_folder)
    init_default_scope("mmpose")
    model = MODELS.build(config.model)
    load_weights(model, weights)
    # COCO's reader prints
    with redirect_stdout(io.StringIO()):
        dataset = DATASETS.build(config.test_dataloader.dataset)
    return Reopened(model.eval(), dataset)


def config_of(run: StoredRun, data_folder: Path) -> Any:
    """The config that a run tested, made for its scale.

    Args:
        run: An evaluation of a network.
        data_folder: Has `annotations/` and the folders of images.
    """
    from mmsia.engine.overlay import apply_overlay, plain_config
    from mmsia.engine.run_config import load_run_config
    from mmsia.paths import project_root

    row = load_run_config(project_root() / run.provenance["config"])
    overlay = run.provenance["settings"].get("overlay") or {}
    settings = plain_config(apply_overlay(row, overlay))
    return load_config(settings, {"data_folder": data_folder}, data_folder)
