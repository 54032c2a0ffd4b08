"""The data of training evidence: given images, or simulated ones made once and checked.

The folder is laid out as COCO's; its manifest is written last, so that a folder which
a kill left half made, or in which a file was altered, is made again before any run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmsia.bench.data import DataSource
from mmsia.bench.locks import guard
from mmsia.bench.scales import OVERFIT_SPLIT, PaperScales, ScaleRecipe
from mmsia.bench.terms import Scale
from mmsia.datasets.coco_keypoints import load_coco_keypoints
from mmsia.datasets.manifest import check_manifest
from mmsia.datasets.simulated.families import Family, load_family
from mmsia.datasets.simulated.presets import find_preset
from mmsia.errors import DataError
from mmsia.files import sha256_file, sha256_text
from mmsia.log import get_logger

TRAIN, VAL = "train2017", "val2017"
SEEDS = {TRAIN: 1, VAL: 0, OVERFIT_SPLIT: 2}
"""Split -> seed of its images: only the check of overfitting tests its own."""

_LONG = 500
"""Images from which on making them is told of."""

_logger = get_logger(__name__)


@dataclass(frozen=True)
class Images:
    """Images to train and test on, in one folder.

    Attributes:
        test: The split to test on, with the folder that also holds the one to train on.
        overfit: The split of the check of overfitting, where the scale declares it.
    """

    test: DataSource
    overfit: DataSource | None = None


def open_training_data(
    scales: PaperScales, scale: Scale, work_dir: Path, data_root: Path | None
) -> Images:
    """The images that a paper's networks are trained and tested on.

    Args:
        scales: What the paper declares.
        scale: The scale; the paper's own reads the data root, the others make data.
        work_dir: Work folder.
        data_root: What `--data-root` names.

    Raises:
        InputError: If there is no such simulated data.
        DataError: If the paper's data is missing or altered.
    """
    if scale is Scale.PAPER:
        return Images(_open_given(data_root, str(scales.data)))
    return _open_simulated(scales.scales[scale], work_dir)


def _open_given(data_root: Path | None, name: str) -> DataSource:
    """The paper's data as it lies below a data root."""
    if data_root is None:
        raise DataError(
            "images to train and test on",
            expected=f"--data-root D with D/{name}",
            got="no data root",
        )
    folder = data_root / name
    files = [_annotations(folder, split) for split in (TRAIN, VAL)]
    for needed in (*files, folder / TRAIN, folder / VAL):
        if not needed.exists():
            raise DataError(
                f"the data root {data_root}",
                expected=f"{needed}",
                got="nothing there",
                remedy=f"Put COCO's files below {folder} as COCO's own layout has them",
            )
    # The images are looked for when a training begins, before its first step.
    check_manifest(folder, "annotations/")
    truth = load_coco_keypoints(files[1])
    return DataSource(
        truth,
        truth.annotated(),
        simulated=False,
        complete=truth.is_full_val2017(),
        folder=folder.resolve(),
        digest_of_all=sha256_text(sha256_file(files[0]) + truth.digest),
    )


def _open_simulated(recipe: ScaleRecipe, work_dir: Path) -> Images:
    sizes = {TRAIN: recipe.train_images, VAL: recipe.val_images}
    if recipe.overfit is not None:
        sizes[OVERFIT_SPLIT] = recipe.overfit.images
    family = load_family(recipe.simulated)
    version = find_preset(family.presets, recipe.preset).version
    parts = [f"{split}-{size}" for split, size in sizes.items()]
    name = "-".join([recipe.simulated, recipe.preset, f"v{version}", *parts])
    folder = work_dir / "data" / name
    # Two sessions may share a work folder: one makes the data, the other finds it.
    with guard(folder.parent):
        try:
            _write(family, folder, sizes, recipe.preset)
        except DataError as error:
            _logger.warning("simulated data is made again: %s", error)
            shutil.rmtree(folder)
            _write(family, folder, sizes, recipe.preset)
    test = _source(folder, VAL, TRAIN)
    if recipe.overfit is None:
        return Images(test)
    return Images(test, _source(folder, OVERFIT_SPLIT, OVERFIT_SPLIT))


def _write(family: Family, folder: Path, sizes: dict[str, int], preset: str) -> None:
    for split, size in sizes.items():
        family.write(
            folder,
            size,
            SEEDS[split],
            preset=preset,
            split=split,
            workers=os.cpu_count() or 1,
            on_progress=_teller(f"{folder.name}, {split}"),
        )


def _teller(what: str) -> Callable[[int, int], None]:
    """Logs each tenth of what takes long."""
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if total >= _LONG and 10 * done // total > told:
            told = 10 * done // total
            _logger.info("%s: %d of %d images", what, done, total)

    return tell


def _source(folder: Path, tested: str, trained: str) -> DataSource:
    truth = load_coco_keypoints(_annotations(folder, tested))
    others = load_coco_keypoints(_annotations(folder, trained)).digest
    return DataSource(
        truth,
        truth.annotated(),
        simulated=True,
        complete=False,
        folder=folder.resolve(),
        digest_of_all=sha256_text(others + truth.digest),
    )


def _annotations(folder: Path, split: str) -> Path:
    return folder / "annotations" / f"person_keypoints_{split}.json"
