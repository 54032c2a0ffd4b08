"""The data of training evidence: simulated splits with images, made once and checked.

The folder is laid out as COCO's; its manifest is written last, so that a folder which
a kill left half made, or in which a file was altered, is made again before any run.
"""

from __future__ import annotations

from pathlib import Path

from mmsia.bench.data import DataSource
from mmsia.bench.scales import ScaleRecipe
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.datasets.manifest import check_manifest, write_manifest
from mmsia.errors import ConfigError, DataError
from mmsia.files import sha256_text
from mmsia.log import get_logger

TRAIN, VAL = "train2017", "val2017"
SEEDS = {TRAIN: 1, VAL: 0}
"""Split -> seed of its crowds: nobody is tested on what was trained on."""

_logger = get_logger(__name__)


def open_training_data(recipe: ScaleRecipe, work_dir: Path) -> DataSource:
    """The split to test on, with the folder that also holds the one to train on.

    Args:
        recipe: What the scale says of the data.
        work_dir: Work folder.

    Raises:
        ConfigError: If there is no such simulated data.
    """
    if recipe.simulated != "crowds":
        raise ConfigError(
            "simulated data", expected="crowds", got=repr(recipe.simulated)
        )
    sizes = {TRAIN: recipe.train_images, VAL: recipe.val_images}
    name = f"crowds-train{sizes[TRAIN]}-val{sizes[VAL]}"
    folder = work_dir / "data" / name
    try:
        whole = check_manifest(folder)
    except DataError as error:
        _logger.warning("simulated data is made again: %s", error)
        whole = False
    if not whole:
        _make(folder, sizes)
    truth = load_coco_keypoints(_annotations(folder, VAL))
    trained = load_coco_keypoints(_annotations(folder, TRAIN))
    return DataSource(
        truth,
        truth.annotated(),
        simulated=True,
        complete=False,
        folder=folder.resolve(),
        digest_of_all=sha256_text(trained.digest + truth.digest),
    )


def _make(folder: Path, sizes: dict[str, int]) -> None:
    from mmsia.datasets.simulated.crowds import write_crowds

    files = []
    for split, num_images in sizes.items():
        files.append(write_crowds(folder, num_images, SEEDS[split], split=split))
        files += sorted((folder / split).glob("*.jpg"))
    write_manifest(folder, files)


def _annotations(folder: Path, split: str) -> Path:
    return folder / "annotations" / f"person_keypoints_{split}.json"
