"""InterHand2.6M as published -> crops of two hands that `TwoHandsDataset` reads."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmsia.datasets.interhand_annotations import KINDS, annotation_path
from mmsia.datasets.interhand_chunks import CHUNK, Chunk, make_chunks
from mmsia.datasets.interhand_fits import check_fits
from mmsia.datasets.interhand_folder import SplitFolder, alone, counts_if_whole
from mmsia.datasets.interhand_frames import (
    REASONS,
    Frame,
    SplitPlan,
    check_images,
    plan_split,
)
from mmsia.datasets.interhand_hands import (
    check_models,
    choose_models,
    is_made,
    keep_models,
)
from mmsia.datasets.interhand_posing import Tools
from mmsia.datasets.manifest import write_manifest
from mmsia.datasets.simulated.twohands_model import palette
from mmsia.datasets.two_hands_index import hand_model_digest, index_entry, index_of
from mmsia.errors import DataError, InputError
from mmsia.files import read_json, sha256_file, write_json
from mmsia.ops.hand_mesh import HandModel

SCHEMA = 1
"""Goes up when a split's files or chunks would be others for the same sources."""
SPLITS = ("train", "val", "test")
INTERHAND_FROM = (
    "InterHand2.6M is CC BY-NC 4.0: https://mks0601.github.io/InterHand2.6M, version "
    "1.0, images of 5 fps with their annotations (H+M)"
)

Progress = Callable[[int, int], None]


def prepare_interhand(
    source: str | Path,
    target: str | Path,
    *,
    hands: str | Path | None = None,
    splits: Sequence[str] = SPLITS,
    workers: int | None = None,
    on_progress: Progress | None = None,
    size: int = 256,
) -> dict[str, dict[str, int]]:
    """Prepare splits, or complete what an interrupted call has begun.

    All that is missing or does not agree is told before anything is written. The files
    are the same whatever the number of processes.

    Args:
        source: InterHand2.6M v1.0, 5 fps (CC BY-NC 4.0, mks0601.github.io), unpacked:
            `images/<split>/Capture*/...` and, of H+M, `annotations/<split>/
            InterHand2.6M_<split>_{data,camera,joint_3d,MANO_NeuralAnnot}.json`. Or what
            `mmsia simulate twohands` wrote, which says so in `simulated_<split>.json`.
        target: Gets `prepared/<split>/{img,mask,dense,anno}/<number>.*`, what they were
            made of in `prepared/<split>.json`, and the manifest.
        hands: Folder of MANO's converted files. Needed, except for simulated hands:
            these are the stand-in's, and no other's; real ones never are.
        splits: Which of the splits.
        workers: Processes; one for each processor if None.
        on_progress: Called with frames done and frames in all.
        size: Edge of the crops, pixels.

    Returns:
        Split -> `images` of it, `prepared` ones, and how many were left out for each
        of `interhand_frames.REASONS`.

    Raises:
        InputError: Numbers that make no sense, or hand models that are not the data's.
        DataError: Files that are missing, damaged or disagree, or that cannot be
            written; tells which.
    """
    source, target = Path(source), Path(target)
    workers = (os.cpu_count() or 1) if workers is None else workers
    _check_arguments(splits, workers, size)
    _check_files(source, splits)
    models = choose_models(source, splits, hands)
    check_models(target, hands)
    folders = {split: SplitFolder(target, split) for split in splits}
    abouts = {split: _about(source, split, models, size) for split in splits}
    counts = {split: counts_if_whole(folders[split], abouts[split]) for split in splits}
    plans = [plan_split(source, split) for split in splits if counts[split] is None]
    check_images(source, plans)
    distances = {plan.split: check_fits(plan, models) for plan in plans}
    tell = _Progress(sum(len(plan.frames) for plan in plans), on_progress)
    if plans:
        with alone(target):
            beside = keep_models(target, hands)
            for plan in plans:
                folder, about = folders[plan.split], abouts[plan.split]
                pictures = source / "images" / plan.split
                tools = Tools(pictures, models, palette(models["right"]), size)
                _make(plan, folder, about, tools, workers, tell)
                distance = distances[plan.split]
                counts[plan.split] = _finish(
                    plan, folder, about, models, distance, beside
                )
    return {split: found for split, found in counts.items() if found is not None}


class _Progress:
    """Frames done of frames in all, over splits."""

    def __init__(self, total: int, on_progress: Progress | None) -> None:
        self.done, self.total, self.on_progress = 0, total, on_progress

    def __call__(self, frames: int) -> None:
        self.done += frames
        if self.on_progress is not None:
            self.on_progress(self.done, self.total)


def _check_arguments(splits: Sequence[str], workers: int, size: int) -> None:
    if isinstance(splits, str) or not splits or len(set(splits)) != len(splits):
        raise InputError(
            "splits", expected=f"some of {', '.join(SPLITS)}, once", got=repr(splits)
        )
    if workers < 1 or size < 1:
        raise InputError(
            "preparing InterHand2.6M",
            expected="at least one process and crops of at least one pixel",
            got=f"{workers} processes, {size} pixels",
        )


def _check_files(source: Path, splits: Sequence[str]) -> None:
    missing = [
        path.relative_to(source).as_posix()
        for split in splits
        for path in (
            source / "images" / split,
            *(annotation_path(source, split, kind) for kind in KINDS),
        )
        if not path.exists()
    ]
    if missing:
        raise DataError(
            f"InterHand2.6M in {source}",
            expected="images/<split> and four annotation files of each split",
            got=f"no {', no '.join(missing)}",
            remedy=f"{INTERHAND_FROM}. Name other splits if you do not need all.",
        )


def _about(
    source: Path, split: str, models: Mapping[str, HandModel], size: int
) -> dict[str, Any]:
    """What decides the files of a split, apart from its pictures."""
    paths = [annotation_path(source, split, kind) for kind in KINDS]
    return {
        "schema": SCHEMA,
        "dataset": "InterHand2.6M",
        "split": split,
        "size": size,
        "hand_model": hand_model_digest(models),
        "annotations": {path.name: sha256_file(path) for path in paths},
        # Not said of real ones: folders of before it was said stay whole.
        **({"simulated": True} if is_made(source, split) else {}),
    }


def _make(
    plan: SplitPlan,
    folder: SplitFolder,
    about: Mapping[str, Any],
    tools: Tools,
    workers: int,
    tell: Callable[[int], None],
) -> None:
    folder.clean()
    write_json(folder.about, about)
    missing = []
    for number in _numbers(plan):
        if folder.is_made(number):
            tell(len(_frames(plan, number)))
        else:
            missing.append(number)
    damaged: list[str] = []
    chunks = _chunks(plan, missing)
    for made in make_chunks(chunks, folder, tools, min(workers, len(missing) or 1)):
        damaged += made.damaged
        tell(made.frames)
    if damaged:
        raise DataError(
            f"pictures in {tools.images}",
            expected="whole images",
            got=f"{len(damaged)} damaged: {', '.join(sorted(damaged)[:3])}"
            + (", ..." if len(damaged) > 3 else ""),
            remedy="Fetch them again, then run the same command: the rest is done.",
        )


def _numbers(plan: SplitPlan) -> range:
    return range((len(plan.frames) + CHUNK - 1) // CHUNK)


def _frames(plan: SplitPlan, chunk: int) -> Sequence[Frame]:
    return plan.frames[chunk * CHUNK : (chunk + 1) * CHUNK]


def _chunks(plan: SplitPlan, numbers: Sequence[int]) -> Iterator[Chunk]:
    for number in numbers:
        yield Chunk(number, [plan.task(frame) for frame in _frames(plan, number)])


def _finish(
    plan: SplitPlan,
    folder: SplitFolder,
    about: Mapping[str, Any],
    models: Mapping[str, HandModel],
    distance: float,
    beside: Sequence[Path],
) -> dict[str, int]:
    """Put the crops where they belong, tell of what they are, and digest all."""
    digests: dict[str, str] = {}
    left_out: dict[str, list[str]] = {}
    for number in _numbers(plan):
        record = read_json(folder.record(number))
        digests |= record["files"]
        for reason, frames in record["left_out"].items():
            left_out.setdefault(reason, []).extend(frames)
    if not digests:
        raise DataError(
            f"split {plan.split}",
            expected="frames of two hands that can be prepared",
            got=", ".join(f"{len(f)} {reason}" for reason, f in left_out.items()),
        )
    reasons = plan.left_out + Counter({r: len(f) for r, f in left_out.items()})
    prepared = len(plan.frames) - sum(map(len, left_out.values()))
    counts = {
        "images": prepared + reasons.total(),
        "prepared": prepared,
        **{reason: reasons[reason] for reason in REASONS},
    }
    folder.publish()
    index = index_of(_entries(plan, digests, about["size"]), models) | {
        "source": dict(about),
        "counts": counts,
        "left_out": dict(sorted(left_out.items())),
        "fits_from_joints_mm": round(1000 * distance, 3),
    }
    write_json(folder.index, index)
    files = [folder.final / name for name in digests]
    simulated = bool(about.get("simulated"))
    write_manifest(folder.target, [*files, folder.index, *beside], simulated=simulated)
    folder.close()
    return counts


def _entries(
    plan: SplitPlan, digests: Mapping[str, str], size: int
) -> list[dict[str, Any]]:
    """The index's entries of the frames that were kept."""
    entries = []
    for frame in plan.frames:
        digest = digests.get(f"anno/{frame.number}.npz")
        if digest is not None:
            image = json.loads(frame.image)
            entry = index_entry(frame.number, image, b"", size)
            # Taken when it was written: it is not read again.
            entries.append(entry | {"sha256": digest})
    return entries
