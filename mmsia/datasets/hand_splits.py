"""Train, validation and test sets of hands, in files that name their annotations.

SIA-GCN, Section 4: "randomly split all samples into training set (70%), validation set
(15%) and test set (15%)". A file of ids is made once from an annotation file, carries
its digest, and is the same on every machine:

    python -m mmsia.datasets.hand_splits data/panoptic/annotations/panoptic_train.json \
        --below hand143_panopticdb/ --out data/panoptic/splits

writes `random.json`, the paper's, and `sequence.json`, in which no sequence is in two
parts (see `hand_sequences`).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from mmsia.datasets.hand_sequences import group_images
from mmsia.errors import DataError, InputError
from mmsia.files import read_json, sha256_file, write_json
from mmsia.log import get_logger, set_up_logging

SCHEMA = 1
KINDS = ("random", "sequence")
PERCENTAGES: Mapping[str, int] = {"train": 70, "val": 15, "test": 15}
# paper silent: the seed of the first author's earlier code, whose cuts were 80/10/10.
SEED = 1111


def split_images(
    images: Sequence[Mapping[str, Any]],
    kind: str = "random",
    percentages: Mapping[str, int] = PERCENTAGES,
    seed: int = SEED,
) -> dict[str, list[int]]:
    """Share images out.

    Groups (one image each if `kind` is random) are put in the order of their first
    file name and shuffled; each part takes as many whole groups as its cut allows, at
    least one.

    Args:
        images: COCO entries with `id`, `file_name` and maybe `sequence`.
        kind: One of `KINDS`.
        percentages: Part -> whole percent of the images; together 100.
        seed: Of Python's generator.

    Returns:
        Part -> sorted ids.

    Raises:
        InputError: Another kind, or percentages that are not 100 together.
        DataError: Fewer groups than parts.
    """
    if kind not in KINDS or sum(percentages.values()) != 100:
        raise InputError(
            "a split of images",
            expected=f"a kind of {', '.join(KINDS)} and percentages of 100 together",
            got=f"{kind!r} and {dict(percentages)}",
        )
    groups = _groups(images, kind)
    if len(groups) < len(percentages):
        raise DataError(
            f"a {kind} split into {', '.join(percentages)}",
            expected=f"at least {len(percentages)} groups of images",
            got=f"{len(groups)} groups of {len(images)} images",
        )
    # Not numpy's: the order of the authors' split is that of Python's generator.
    random.Random(seed).shuffle(groups)  # noqa: S311
    ends = _ends([len(group) for group in groups], list(percentages.values()))
    return {
        part: sorted(number for group in groups[start:end] for number in group)
        for part, start, end in zip(percentages, [0, *ends], ends, strict=False)
    }


def write_splits(
    ann_file: Path | str,
    folder: Path | str,
    *,
    below: str = "",
    kinds: Iterable[str] = KINDS,
    percentages: Mapping[str, int] = PERCENTAGES,
    seed: int = SEED,
) -> list[Path]:
    """Write `<kind>.json` for an annotation file.

    Args:
        ann_file: COCO annotations, as MMPose has them for Panoptic.
        folder: Where the files go.
        below: Only images whose `file_name` begins so.
        kinds: See `split_images`.
        percentages: See `split_images`.
        seed: See `split_images`.

    Returns:
        The files.

    Raises:
        DataError: If the annotation file is missing, has no such image or too few.
    """
    ann_file, folder = Path(ann_file), Path(folder)
    stored = read_json(ann_file)
    if not isinstance(stored, dict) or "images" not in stored:
        raise DataError(f"{ann_file}", expected="COCO annotations with `images`")
    images = [i for i in stored["images"] if i["file_name"].startswith(below)]
    if not images:
        raise DataError(
            f"images of {ann_file}",
            expected=f"file names that begin with {below!r}",
            got=f"none of {len(stored['images'])}, such as "
            f"{[image['file_name'] for image in stored['images'][:1]]}",
        )
    source = {"file": ann_file.name, "sha256": sha256_file(ann_file), "below": below}
    paths = []
    for kind in kinds:
        record = {
            "schema": SCHEMA,
            "annotations": source,
            "kind": kind,
            "seed": seed,
            "percentages": dict(percentages),
            "parts": split_images(images, kind, percentages, seed),
        }
        paths.append(folder / f"{kind}.json")
        write_json(paths[-1], record)
    return paths


def read_split(
    path: Path | str, ann_file: Path | str, parts: Sequence[str]
) -> set[int]:
    """Read the ids of some parts of a split.

    Args:
        path: File that `write_splits` wrote.
        ann_file: The annotation file that it is used with.
        parts: Names of parts.

    Returns:
        Ids of images.

    Raises:
        DataError: If the file is missing, is no split, belongs to other annotations or
            lacks a part.
    """
    remedy = f"Make it: python -m mmsia.datasets.hand_splits {ann_file} --out FOLDER"
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} is missing", expected="a split", remedy=remedy)
    record = read_json(path)
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise DataError(f"{path}", expected=f"a split of schema {SCHEMA}")
    made_from, digest = record["annotations"], sha256_file(ann_file)
    if made_from["sha256"] != digest:
        raise DataError(
            f"{path} belongs to another annotation file",
            expected=f"{made_from['file']} with SHA-256 {made_from['sha256'][:12]}...",
            got=f"{ann_file} with {digest[:12]}...",
            remedy=remedy,
        )
    unknown = [part for part in parts if part not in record["parts"]]
    if unknown or not parts:
        raise DataError(
            f"parts of {path}",
            expected=f"some of {', '.join(record['parts'])}",
            got=", ".join(unknown) or "none",
        )
    return {number for part in parts for number in record["parts"][part]}


def _groups(images: Sequence[Mapping[str, Any]], kind: str) -> list[list[int]]:
    """Ids that stay together, in the order of their first file name."""
    ordered = sorted(images, key=lambda image: image["file_name"])
    if kind == "random":
        return [[image["id"]] for image in ordered]
    names = group_images(ordered)
    first = {name: rank for rank, name in reversed(list(enumerate(names.values())))}
    together = sorted(names, key=lambda number: first[names[number]])
    return [list(group) for _, group in groupby(together, key=names.__getitem__)]


def _ends(sizes: Sequence[int], percentages: Sequence[int]) -> list[int]:
    """Index of the group after each part's last."""
    counts, total, ends, start = list(accumulate(sizes)), sum(sizes), [], 0
    for left, share in zip(
        range(len(percentages) - 1, -1, -1), accumulate(percentages), strict=True
    ):
        # In whole numbers: 0.7 * 90 is below 63.
        fitting = sum(count * 100 <= total * share for count in counts)
        start = min(max(fitting, start + 1), len(sizes) - left)
        ends.append(start)
    return ends


def main(argv: Sequence[str] | None = None) -> None:
    """Write splits from the command line.

    Args:
        argv: Words; the process's own if None.
    """
    parser = argparse.ArgumentParser(
        description="Write the splits of an annotation file of hands.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("ann_file", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the splits")
    parser.add_argument("--below", default="", help="only images whose name begins so")
    parser.add_argument(
        "--no-test",
        action="store_true",
        help="85/15 without a test part, for data whose test set is a file of its own",
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of the shuffle")
    args = parser.parse_args(argv)
    set_up_logging()
    percentages = {"train": 85, "val": 15} if args.no_test else PERCENTAGES
    for path in write_splits(
        args.ann_file,
        args.out,
        below=args.below,
        percentages=percentages,
        seed=args.seed,
    ):
        get_logger(__name__).info("wrote %s", path)


if __name__ == "__main__":
    main()
