"""Annotations and splits of three data sets of hands, from their releases.

Crops are not cut: `HandCropDataset` takes the paper's square (2.2 times the hand) from
the annotated image.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mmsia.datasets.hand_sequences import group_images
from mmsia.datasets.hand_splits import PERCENTAGES, write_splits
from mmsia.datasets.mhp_convert import convert_mhp
from mmsia.datasets.mpii_nzsl_convert import PARTS, convert_mpii_nzsl
from mmsia.datasets.panoptic_convert import RELEASE, convert_panoptic
from mmsia.datasets.preparing.pieces import Progress
from mmsia.files import read_json

_WITHOUT_TEST = {"train": 85, "val": 15}
"""Of MPII+NZSL, whose test set is a folder of its own."""


def convert_panoptic_folder(
    folder: Path, workers: int, on_progress: Progress
) -> list[Path]:
    """Write the annotations of CMU Panoptic's hands, and their 70/15/15 splits.

    Args:
        folder: Data folder with the release.
        workers: Not used: all labels are in one file.
        on_progress: Told when it is done.

    Returns:
        The files.
    """
    path = folder / "annotations" / "panoptic_train.json"
    number = convert_panoptic(folder)
    on_progress("hands", number, number)
    return [path, *_split(path, below=f"{RELEASE}/")]


def convert_mpii_nzsl_folder(
    folder: Path, workers: int, on_progress: Progress
) -> list[Path]:
    """Write the annotations of MPII+NZSL's hands, and 85/15 splits of the first part.

    Args:
        folder: Data folder with the release.
        workers: Not used: there are some thousand small files.
        on_progress: Told when it is done.

    Returns:
        The files.
    """
    number = sum(convert_mpii_nzsl(folder).values())
    on_progress("hands", number, number)
    paths = [folder / "annotations" / f"mpii_nzsl_{part}.json" for part in PARTS]
    return [*paths, *_split(paths[0], percentages=_WITHOUT_TEST)]


def convert_mhp_folder(folder: Path, workers: int, on_progress: Progress) -> list[Path]:
    """Write the annotations of MHP, and their 70/15/15 splits.

    Args:
        folder: Data folder with the release.
        workers: Not used: small files, whose opening takes the time.
        on_progress: Told when it is done.

    Returns:
        The files.
    """
    path = folder / "annotations" / "mhp.json"
    number = convert_mhp(folder)
    on_progress("hands", number, number)
    return [path, *_split(path)]


def _split(
    annotations: Path, below: str = "", percentages: Mapping[str, int] = PERCENTAGES
) -> list[Path]:
    """The random split, and that by sequences where there are enough of them."""
    groups = group_images(read_json(annotations)["images"])
    enough = len(set(groups.values())) >= len(percentages)
    return write_splits(
        annotations,
        annotations.parent.parent / "splits",
        below=below,
        kinds=("random", "sequence") if enough else ("random",),
        percentages=percentages,
    )
