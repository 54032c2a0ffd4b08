"""The data of training evidence: given images, or simulated ones made once and checked.

The manifest of a folder that was made is written last, so that one which a kill left
half made, or in which a file was altered, is made again before any run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mmsia.bench.data import DataSource
from mmsia.bench.locks import guard
from mmsia.bench.scales import (
    OVERFIT_SPLIT,
    TRAIN_SPLIT,
    VAL_SPLIT,
    PaperScales,
    SimulatedData,
)
from mmsia.bench.selection import selection_of
from mmsia.bench.settings import resolved_config
from mmsia.bench.terms import Scale
from mmsia.bench.test_sets import TestSet, known_name, open_test_set
from mmsia.datasets.layouts import OF_FAMILY, layout_of
from mmsia.datasets.simulated.families import Family, load_family
from mmsia.datasets.simulated.presets import find_preset
from mmsia.datasets.wholeness import why_partial
from mmsia.engine.kinds import kind_of
from mmsia.errors import DataError
from mmsia.log import get_logger

SEEDS = {TRAIN_SPLIT: 1, VAL_SPLIT: 0, "test": 0, OVERFIT_SPLIT: 2}
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


@dataclass
class TrainingData:
    """Opens the images that networks are trained and tested on, each set once.

    Attributes:
        scale: The paper's own reads the data root, the others make data.
        work_dir: Work folder.
        data_root: What `--data-root` names.
        allow_partial: Go on with data that was not whole when it was prepared; every
            number is marked then.
    """

    scale: Scale
    work_dir: Path
    data_root: Path | None = None
    allow_partial: bool = False
    _opened: dict[Hashable, Images] = field(default_factory=dict)

    def open(self, scales: PaperScales, config: str) -> Images:
        """The images of a config.

        Args:
            scales: What its paper declares.
            config: Path relative to the project's root.

        Raises:
            InputError: If there is no such simulated data.
            DataError: If the paper's data is missing or altered.
        """
        if self.scale is Scale.PAPER:
            given = _Given.of(config)
            allowed = self.allow_partial
            return self._once(
                given, lambda: Images(_open_given(self.data_root, given, allowed))
            )
        recipe = scales.scales[self.scale]
        data, check = recipe.data_of(config), recipe.overfit
        extra = check.images if check else None
        return self._once(
            (data, extra), lambda: _open_simulated(data, extra, self.work_dir)
        )

    def _once(self, key: Hashable, opener: Callable[[], Images]) -> Images:
        if key not in self._opened:
            self._opened[key] = opener()
        return self._opened[key]


@dataclass(frozen=True)
class _Given:
    """What a config reads below a data root."""

    folder: str
    files: tuple[str, ...]
    images: tuple[str, ...]
    kind: str
    ann_file: str
    split_file: str | None
    parts: tuple[str, ...]

    @classmethod
    def of(cls, config: str) -> _Given:
        from mmsia.engine.data_check import files_of, folders_of
        from mmsia.engine.run_config import inner_dataset

        resolved = resolved_config(config)
        # Weights depend on validation images where they are selected on them.
        selects = selection_of(resolved) is not None
        splits = ("train", "val", "test") if selects else ("train", "test")
        read = [
            inner_dataset(resolved[f"{name}_dataloader"]["dataset"]) for name in splits
        ]
        test = read[-1]
        chosen = test.get("parts") or ()
        return cls(
            folder=Path(resolved["data_root"]).name,
            files=tuple(file for part in read for file in files_of(part)),
            images=tuple(folder for part in read for folder in folders_of(part)),
            kind=kind_of(test, resolved),
            ann_file=test["ann_file"],
            split_file=test.get("split_file"),
            parts=(chosen,) if isinstance(chosen, str) else tuple(chosen),
        )


def _open_given(
    data_root: Path | None, given: _Given, allow_partial: bool
) -> DataSource:
    """The data that a config names, as it lies below a data root."""
    if data_root is None:
        raise DataError(
            "images to train and test on",
            expected=f"--data-root D with D/{given.folder}",
            got="no data root",
        )
    folder = data_root / given.folder
    for needed in (*given.files, *given.images):
        if not (folder / needed).exists():
            raise DataError(
                f"the data root {data_root}",
                expected=f"{folder / needed}",
                got="nothing there",
                remedy=f"Put the files of the data set below {folder}",
            )
    read = (*given.files, *given.images)
    reasons = why_partial(folder, read, allow_partial=allow_partial)
    source = open_test_set(
        TestSet(given.kind, given.ann_file, given.split_file, given.parts),
        folder,
        trained_on=[folder / file for file in given.files],
        name=known_name(given.folder),
    )
    whole = source.complete and not reasons
    return replace(source, complete=whole, partial=reasons)


def _open_simulated(data: SimulatedData, overfit: int | None, work_dir: Path) -> Images:
    sizes: dict[str, int] = {
        TRAIN_SPLIT: data.train_images,
        data.test_split: data.val_images,
    }
    if overfit is not None:
        sizes[OVERFIT_SPLIT] = overfit
    family = load_family(data.simulated)
    version = find_preset(family.presets, data.preset).version
    parts = [f"{split}-{size}" for split, size in sizes.items()]
    name = "-".join([data.simulated, data.preset, f"v{version}", *parts])
    folder = work_dir / "data" / name
    # Two sessions may share a work folder: one makes the data, the other finds it.
    with guard(folder.parent):
        try:
            _write(family, folder, sizes, data.preset)
        except DataError as error:
            _logger.warning("simulated data is made again: %s", error)
            shutil.rmtree(folder)
            _write(family, folder, sizes, data.preset)
    words = f"simulated {data.simulated} ({data.preset}, version {version})"
    made = partial(_made, data.simulated, folder, name=words)
    test = made(tested=data.test_split, trained=TRAIN_SPLIT)
    if overfit is None:
        return Images(test)
    return Images(test, made(tested=OVERFIT_SPLIT, trained=OVERFIT_SPLIT))


def _made(
    family: str, folder: Path, tested: str, trained: str, name: str
) -> DataSource:
    """A split of simulated data."""
    reader = OF_FAMILY[family]
    layout = layout_of(reader)
    return open_test_set(
        TestSet(reader, layout.annotation_file(tested)),
        folder,
        trained_on=[folder / layout.annotation_file(trained)],
        name=name,
        simulated=True,
    )


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
    """Logs the beginning and each tenth of what takes long."""
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        if total >= _LONG and 10 * done // total > told:
            told = 10 * done // total
            _logger.info("%s: %d of %d images", what, done, total)

    return tell
