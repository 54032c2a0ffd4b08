"""Test sets of configs as sources of runs: what they hold, and whether it is all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.bench.data import COCO_NAME, DataSource, coco_source
from mmsia.datasets.coco_keypoints import VAL2017_NUM_IMAGES, load_coco_keypoints
from mmsia.datasets.coco_objects import load_coco_objects
from mmsia.datasets.hand_annotations import load_hand_annotations
from mmsia.datasets.hand_splits import read_split
from mmsia.datasets.object_annotations import load_object_annotations
from mmsia.datasets.origin import is_simulated, stand_in_name
from mmsia.datasets.two_hands_index import load_two_hands
from mmsia.errors import ConfigError, DataError
from mmsia.files import sha256_file, sha256_text

_NAMES = {
    "coco": COCO_NAME,
    "panoptic": "CMU Panoptic hands",
    "mpii_nzsl": "MPII+NZSL hands",
    "mhp": "MHP hands",
    "pascal3d": "Pascal3D+",
    "objectnet3d": "ObjectNet3D",
    "interhand26m": "InterHand2.6M",
}
"""Folder below a data root -> the data set in it."""

_WHOLE = {"CMU Panoptic hands": 14817, "MPII+NZSL hands": 846}
"""Data set -> images in the annotation file that is tested on, where it is known."""


def known_name(folder: str) -> str:
    """The data set that lies in a folder of a data root.

    Args:
        folder: Name of the folder.
    """
    return _NAMES.get(folder, folder)


@dataclass(frozen=True)
class TestSet:
    """What a config tests on.

    Attributes:
        kind: Type of the data set.
        ann_file: Annotations, below the data folder.
        split_file: Split, below the data folder, if only parts are used.
        parts: Of the split.
    """

    __test__ = False

    kind: str
    ann_file: str
    split_file: str | None = None
    parts: tuple[str, ...] = ()


def open_test_set(
    tested: TestSet,
    folder: Path,
    *,
    trained_on: Iterable[Path],
    name: str,
    simulated: bool = False,
) -> DataSource:
    """A data set that scores are computed on.

    Args:
        tested: What it is.
        folder: Data folder.
        trained_on: Files that the runs read beside those of this data set.
        name: What it is, in words.
        simulated: Whether mmsia made it, as is known beforehand; if not, it is found
            out, also of what was trained on.

    Raises:
        ConfigError: If nothing is known about such a data set.
        DataError: If its files are missing or unusable, or nothing in them is
            annotated.
    """
    if tested.kind not in _READERS:
        raise ConfigError(
            "the test set of a config",
            expected=f"one of {', '.join(_READERS)}",
            got=repr(tested.kind),
        )
    own = [file for file in (tested.ann_file, tested.split_file) if file]
    read = dict.fromkeys([*trained_on, *(folder / file for file in own)])
    if not simulated and is_simulated(folder, read):
        simulated, name = True, stand_in_name(name)
    digest = sha256_text("".join(sha256_file(path) for path in read))
    return _READERS[tested.kind](tested, folder.resolve(), name, simulated, digest)


def _people(
    tested: TestSet, folder: Path, name: str, simulated: bool, digest: str
) -> DataSource:
    truth = load_coco_keypoints(folder / tested.ann_file)
    _expect_some(truth.annotated(), truth.path)
    return coco_source(
        truth,
        name,
        simulated=simulated,
        complete=not simulated and truth.is_full_val2017(),
        folder=folder,
        digest=digest,
    )


def _hands(
    tested: TestSet, folder: Path, name: str, simulated: bool, digest: str
) -> DataSource:
    path = folder / tested.ann_file
    truth = load_hand_annotations(path)
    images = set(truth.image_ids.tolist())
    if tested.split_file:
        images = read_split(folder / tested.split_file, path, tested.parts)
    rows = truth.rows_of(images)
    labelled = truth.labelled[rows].any(axis=1)
    used = np.unique(truth.image_ids[rows][labelled])
    _expect_some(used, path)
    return DataSource(
        name=name,
        path=path,
        annotations_digest=truth.digest,
        digest=digest,
        num_images=truth.num_images,
        num_annotated=len(used),
        num_used=len(used),
        num_groups=len(np.unique(truth.groups[rows][labelled])),
        num_subjects=int(labelled.sum()),
        subjects="hands",
        num_full=None,
        simulated=simulated,
        complete=not simulated and truth.num_images == _WHOLE.get(name),
        folder=folder,
    )


def _objects(
    tested: TestSet, folder: Path, name: str, simulated: bool, digest: str
) -> DataSource:
    truth = load_object_annotations(folder / tested.ann_file)
    images = np.unique(truth.image_ids)
    rows = truth.rows_of(images, truth.categories.values())
    used = np.unique(truth.image_ids[rows])
    _expect_some(used, truth.path)
    return DataSource(
        name=name,
        path=truth.path,
        annotations_digest=truth.digest,
        digest=digest,
        num_images=truth.num_images,
        num_annotated=len(used),
        num_used=len(used),
        num_groups=len(used),
        num_subjects=len(rows),
        subjects="objects",
        num_full=None,
        simulated=simulated,
        complete=False,
        folder=folder,
    )


def _two_hands(
    tested: TestSet, folder: Path, name: str, simulated: bool, digest: str
) -> DataSource:
    truth = load_two_hands(folder / tested.ann_file)
    return DataSource(
        name=name,
        path=truth.path,
        annotations_digest=truth.digest,
        digest=digest,
        num_images=len(truth.ids),
        num_annotated=len(truth.ids),
        num_used=len(truth.ids),
        num_groups=len(np.unique(truth.sequences)),
        num_subjects=2 * len(truth.ids),
        subjects="hands",
        num_full=None,
        simulated=simulated,
        # how many frames of 5 fps have fits of both hands is not published
        complete=False,
        folder=folder,
    )


def _detections(
    tested: TestSet, folder: Path, name: str, simulated: bool, digest: str
) -> DataSource:
    truth = load_coco_objects(folder / tested.ann_file)
    # images without objects count: what is found there is wrong
    _expect_some([n for n in truth.num_objects.values() if n], truth.path)
    return DataSource(
        name=name,
        path=truth.path,
        annotations_digest=truth.digest,
        digest=digest,
        num_images=len(truth.sizes),
        num_annotated=sum(n > 0 for n in truth.num_objects.values()),
        num_used=len(truth.sizes),
        num_groups=len(truth.sizes),
        num_subjects=sum(truth.num_objects.values()),
        subjects="objects",
        num_full=None,
        simulated=simulated,
        complete=not simulated and len(truth.sizes) == VAL2017_NUM_IMAGES,
        folder=folder,
    )


def _expect_some(found: Any, path: Path) -> None:
    if not len(found):
        raise DataError(
            f"the test set in {path}",
            expected="annotated keypoints on at least one image",
            got="none",
        )


_READERS = {
    "CocoDataset": _people,
    "CocoPeopleDataset": _people,
    "HandCropDataset": _hands,
    "ObjectKeypointDataset": _objects,
    "TwoHandsDataset": _two_hands,
    "mmdet.CocoDataset": _detections,
}
