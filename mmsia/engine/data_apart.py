"""Do two data sets share images? Asked of the files, before weights are selected."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mmsia.datasets.hand_splits import read_split
from mmsia.engine.run_config import inner_dataset
from mmsia.errors import DataError
from mmsia.files import read_json


def check_apart(validated: Any, tested: Any) -> None:
    """Check that no image file of one data set is one of the other's.

    Args:
        validated: Config of the data set that weights are selected on, with `data_root`
            and `ann_file`; of a split its `parts` count.
        tested: Config of the data set that they are tested on.

    Raises:
        DataError: Some are in both, or annotations are missing.
    """
    shared = _images(inner_dataset(validated)) & _images(inner_dataset(tested))
    if shared:
        raise DataError(
            "weights would be selected on images that they are tested on",
            expected="validation images of their own",
            got=f"{len(shared)} that are tested on, the first {min(shared)}",
            remedy="Prepare the data set again, or take save_best out of the config: "
            "the last step's weights count then.",
        )


def _images(dataset: Any) -> set[str]:
    root = Path(dataset.get("data_root") or "")
    path, folder = root / dataset.ann_file, dataset.get("data_prefix", {}).get("img")
    images = read_json(path)["images"]
    if dataset.get("split_file"):
        parts = dataset.get("parts") or ()
        parts = (parts,) if isinstance(parts, str) else tuple(parts)
        kept = read_split(root / dataset.split_file, path, parts)
        images = [image for image in images if image["id"] in kept]
    return {os.path.realpath(root / (folder or "") / i["file_name"]) for i in images}
