"""The hand models that InterHand2.6M's fits are of: a guess is never made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mmsia.datasets.hand_models import FILES, FOLDER, WHERE_FROM, read_hands
from mmsia.datasets.interhand_annotations import annotation_path
from mmsia.datasets.origin import says_simulated
from mmsia.datasets.simulated.twohands_model import read_hand_model, stand_in
from mmsia.errors import DataError, InputError
from mmsia.files import write_bytes_atomic
from mmsia.ops.hand_mesh import HandModel


def choose_models(
    source: Path, splits: Sequence[str], hands: str | Path | None
) -> dict[str, HandModel]:
    """Read the hand models that the data were fitted with.

    Simulated data say so themselves, and are the stand-in's. Real data are never posed
    with the stand-in, whose numbers mean other hands.

    Args:
        source: The data set's folder.
        splits: Those that are prepared.
        hands: Folder of MANO's converted files.

    Raises:
        InputError: None where they are needed, or others than the data's.
        DataError: Files that are missing or damaged, or real and simulated splits.
    """
    simulated = [split for split in splits if is_made(source, split)]
    if simulated and len(simulated) < len(splits):
        raise DataError(
            f"the splits of {source}",
            expected="real hands or simulated ones",
            got=f"simulated ones in {', '.join(simulated)} only",
            remedy="Keep them in different folders.",
        )
    if simulated:
        if hands is not None:
            raise InputError(
                f"the hand models for {source}",
                expected="none: these hands are simulated, by the stand-in",
                got=str(hands),
                remedy="Leave them out.",
            )
        return read_hands(None)
    if hands is None:
        raise InputError(
            f"the hand models for {source}",
            expected="a folder of MANO's converted files, which the hands were fitted "
            "with; the stand-in's numbers mean other hands",
            got="none",
            remedy=f"{WHERE_FROM}.",
        )
    models = read_hands(hands)
    if any(
        np.array_equal(m.v_template, stand_in().v_template) for m in models.values()
    ):
        raise InputError(
            f"the hand models in {hands}",
            expected="MANO's, which real hands were fitted with",
            got="the stand-in of simulated data",
            remedy=f"{WHERE_FROM}.",
        )
    return models


def is_made(source: Path, split: str) -> bool:
    """Whether mmsia made a split; others beside it may be real.

    Args:
        source: The data set's folder.
        split: Name of the split.
    """
    marked = (source / f"simulated_{split}.json").is_file()
    return marked or says_simulated(annotation_path(source, split, "data"))


def check_models(target: Path, hands: str | Path | None) -> None:
    """Refuse a data folder that has other hand models.

    Args:
        target: The data folder.
        hands: As `choose_models`, which has read them.

    Raises:
        DataError: They are others.
    """
    for name in FILES.values() if hands is not None else ():
        there, given = target / FOLDER / name, Path(hands or "") / name
        if there.is_file() and not _same(there, given):
            raise DataError(
                f"the hand model {there}",
                expected=f"that of {given}",
                got="another one",
                remedy="Choose another target: crops of one folder are of one model.",
            )


def _same(first: Path, second: Path) -> bool:
    arrays = [asdict(read_hand_model(path)) for path in (first, second)]
    return all(np.array_equal(arrays[0][name], arrays[1][name]) for name in arrays[0])


def keep_models(target: Path, hands: str | Path | None) -> list[Path]:
    """Lay the hand models beside the crops, which are scored with them.

    Args:
        target: The data folder.
        hands: As `choose_models`.

    Returns:
        Their files; none for the stand-in, which everybody has.
    """
    if hands is None:
        return []
    folder = target / FOLDER
    for name in FILES.values():
        if not (folder / name).is_file():
            write_bytes_atomic(folder / name, (Path(hands) / name).read_bytes())
    return [folder / name for name in FILES.values()]
