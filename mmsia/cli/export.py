"""`mmsia export ROW --checkpoint FILE --out DIR`: a submission for COCO's server."""

from __future__ import annotations

import argparse
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from mmsia.cli.partial_data import check_partial, check_simulated, print_partial
from mmsia.cli.test import add_shared_arguments, make_config, make_runner

HELP = "write the submission file of a row that only a server can score"

SCHEMA = 1
_SPLIT = re.compile(r"^(?:image_info|person_keypoints)_(.+)\.json$")
_NAME = re.compile(r"^[A-Za-z0-9-]+$")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options.

    Args:
        parser: The verb's parser.
    """
    parser.add_argument(
        "config",
        metavar="ROW",
        help="TABLE/ROW, such as gog/table3/ours-final-768, or a config file",
    )
    parser.add_argument(
        "positional",
        metavar="CHECKPOINT",
        nargs="?",
        help="weights: ours or GOG's release",
    )
    parser.add_argument(
        "--checkpoint", metavar="FILE", help="the same (one of the two is needed)"
    )
    add_shared_arguments(parser)
    parser.add_argument(
        "--out", metavar="DIR", required=True, help="folder to write to"
    )
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="algorithm name in the file's name (the row, or the config's file)",
    )


def run(args: argparse.Namespace) -> int:
    """Predict every test image and write json, zip and what they were made of.

    Args:
        args: As declared.

    Returns:
        0.

    Raises:
        ConfigError: No such row, a name or annotation file that the server's naming
            cannot take, or not one file of weights.
    """
    from mmsia.errors import ConfigError
    from mmsia.files import read_json, write_bytes_atomic, write_json, write_text_atomic

    row = _take_row(args)
    if not _NAME.match(args.name):
        raise ConfigError(
            "--name becomes a part of the submission's file name",
            expected="letters, digits and hyphens",
            got=repr(args.name),
        )
    config = make_config(args)
    partial = check_partial(config, ["test_dataloader"], args.allow_partial)
    print_partial(partial)
    simulated = check_simulated(config, ["test_dataloader"])
    split = find_split(config.test_dataloader.dataset.ann_file)
    folder = Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    prefix = folder / f".{args.name}_raw"
    evaluator = config.test_evaluator
    evaluator.format_only, evaluator.outfile_prefix = True, str(prefix)
    runner = make_runner(config, args)
    runner.test()
    raw = Path(f"{prefix}.keypoints.json")
    submission = [as_submitted(person) for person in read_json(raw)]
    stem = f"person_keypoints_{split}_{args.name}_results"
    text = json.dumps(submission, allow_nan=False, separators=(",", ":"))
    write_text_atomic(folder / f"{stem}.json", text)
    archive = folder / f"{stem}.zip"
    write_bytes_atomic(archive, zip_text(f"{stem}.json", text))
    num_images = len(runner.test_dataloader.dataset)
    record = {
        "schema": SCHEMA,
        "row": row,
        "config": str(args.config),
        "checkpoint": _file(Path(args.checkpoint)),
        "archive": _file(archive),
        "num_images": num_images,
        "num_people": len(submission),
        "partial": partial,
        "simulated": simulated,
    }
    write_json(folder / f"{stem}.record.json", record)
    raw.unlink()
    print(f"{len(submission)} people in {num_images} images: {archive}")
    print(f"sha256 {record['archive']['sha256']}")
    return 0


def _take_row(args: argparse.Namespace) -> str | None:
    """Put a row's config and name in place; the row, if it is one.

    Raises:
        ConfigError: No such row, or not one file of weights.
    """
    from mmsia.bench.recipe import load_catalogue
    from mmsia.bench.server_scores import row_of
    from mmsia.errors import ConfigError
    from mmsia.paths import project_root

    given = [file for file in (args.positional, args.checkpoint) if file is not None]
    if len(given) != 1:
        raise ConfigError(
            "the weights of a submission",
            expected="CHECKPOINT or --checkpoint FILE, one of them",
            got=" and ".join(given) or "none",
        )
    (args.checkpoint,) = given
    if args.config.endswith(".py"):
        args.name = args.name or Path(args.config).stem.replace("_", "-")
        return None
    row = args.config
    entry, name = row_of(load_catalogue(), row)
    args.name = args.name or name
    args.config = str(project_root() / str(entry.recipe.every_row[name].config))
    return row


def _file(path: Path) -> dict[str, str]:
    from mmsia.files import sha256_file

    return {"file": path.name, "sha256": sha256_file(path)}


def find_split(ann_file: str) -> str:
    """Return the split in the name of a COCO annotation file.

    Args:
        ann_file: Such as `annotations/image_info_test-dev2017.json`.

    Raises:
        ConfigError: A file that is not named as COCO's are.
    """
    from mmsia.errors import ConfigError

    match = _SPLIT.match(Path(ann_file).name)
    if match is None:
        raise ConfigError(
            "the submission is named after the split of the annotation file",
            expected="image_info_<split>.json or person_keypoints_<split>.json",
            got=ann_file,
        )
    return match.group(1)


def as_submitted(person: dict[str, Any]) -> dict[str, Any]:
    """Turn a person of CocoMetric's results into one of a COCO submission.

    As the released code: coordinates to two decimals, no box, so that the server takes
    the area from the keypoints. Keypoints that were not found are zeros, as in COCO's
    own annotations.

    Args:
        person: `image_id`, `keypoints` (51 numbers: x, y, score) and `score`.
    """
    keypoints = []
    numbers = iter(person["keypoints"])
    for x, y, score in zip(numbers, numbers, numbers, strict=True):
        found = score > 0
        keypoints += [round(x, 2), round(y, 2), 1] if found else [0, 0, 0]
    return {
        "image_id": person["image_id"],
        "category_id": 1,
        "keypoints": keypoints,
        "score": round(person["score"], 6),
    }


def zip_text(name: str, text: str) -> bytes:
    """Return a zip archive of one text file.

    Args:
        name: Of the file in the archive.
        text: Its content.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        # A fixed time stamp: the same results give the same bytes.
        info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        file.writestr(info, text, compress_type=zipfile.ZIP_DEFLATED)
    return archive.getvalue()
