"""An image from its file to the network's input: our pipelines beside MMPose's.

Both read the same files of simulated data in the same order, one image a call, in this
process: workers multiply both alike.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mmsia.bench.scales import TRAIN_SPLIT
from mmsia.bench.speed.entrants import open_entrant
from mmsia.bench.speed.record import Case, Record, Setting, measure
from mmsia.bench.speed.street_images import write_images
from mmsia.datasets.simulated.families import load_family
from mmsia.errors import DataError

COMPONENT = "loading"
TRAIN, TEST = "train", "test"
_NUM, _SEED = 16, 0

_BODY = "mmpose::body_2d_keypoint/"
_DEKR = f"{_BODY}dekr/coco/dekr_hrnet-w32_8xb10-140e_coco-512x512.py"
_AE = f"{_BODY}associative_embedding/coco/ae_hrnet-w32_8xb24-300e_coco-512x512.py"
_HRNET = f"{_BODY}topdown_heatmap/coco/td-hm_hrnet-w32_8xb64-210e_coco-256x192.py"
_BOTTOM_UP = {"type": "CocoDataset", "data_mode": "bottomup"}


def measure_all(setting: Setting) -> Iterator[Record]:
    """Measure every pipeline that has a peer, and DIR's, which has none.

    Args:
        setting: How long.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder / "people", _SEED)
        for family in ("hands", "twohands"):
            load_family(family).write(
                folder / family,
                _NUM,
                _SEED,
                preset="mini",
                split=TRAIN_SPLIT,
                workers=1,
            )
        # pycocotools prints what it reads.
        with contextlib.redirect_stdout(io.StringIO()):
            cases = list(_cases(folder))
        for case in cases:
            yield measure(case, setting)


def _cases(folder: Path) -> Iterator[Case]:
    people, gog = folder / "people", "gog/gog_hg104_coco19_640_noflip"
    ours = _dataset(gog, people, TRAIN)
    theirs = _peer(ours, _pipeline(_DEKR, TRAIN), _BOTTOM_UP)
    yield same_images("GOG training, 512 px", ours, theirs, "MMPose DEKR's pipeline")
    ours = _dataset("cganet/cganet_512_d1w64", people, TRAIN)
    theirs = _peer(ours, _pipeline(_DEKR, TRAIN), _BOTTOM_UP)
    yield same_images("CGANet training, 512 px", ours, theirs, "MMPose DEKR's pipeline")
    ours = _dataset(gog, people, TEST)
    theirs = _peer(ours, _fitted(_pipeline(_AE, TEST), 640), _BOTTOM_UP)
    yield same_images("GOG test, long edge 640", ours, theirs, "MMPose AE's, fit 640")
    ours = _dataset("klpnet/cklm_coco_256x192_3stages", people, TRAIN)
    theirs = _peer(ours, _pipeline(_HRNET, TRAIN))
    yield same_images(
        "CKLM training, 192 x 256", ours, theirs, "MMPose HRNet's pipeline"
    )
    ours = _dataset("siagcn/siagcn_shg_panoptic_baseline", folder / "hands", TRAIN)
    yield same_images(
        "SiaPose training, 256 px", ours, _hands(ours), "MMPose's transforms"
    )
    ours = _dataset("dir/dir_interhand_256", folder / "twohands", TRAIN)
    calls = {"mmsia": [partial(ours.__getitem__, i) for i in range(len(ours))]}
    yield Case(COMPONENT, "DIR training, 256 px, with meshes (no peer)", calls)


def _dataset(config: str, folder: Path, part: str) -> Any:
    row = {"config": f"configs/{config}.py"}
    return open_entrant("row", row, folder, "cpu", _SEED).dataset(part)


def _pipeline(config: str, part: str) -> list[dict[str, Any]]:
    from mmengine.hub import get_config

    return list(get_config(config)[f"{part}_dataloader"].dataset.pipeline)


def _fitted(pipeline: list[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    """With images as large as ours, whose longer edge is that of the input."""
    chosen = {"input_size": (size, size), "resize_mode": "fit"}
    return [
        {**step, **chosen} if step["type"] == "BottomupResize" else step
        for step in pipeline
    ]


def _peer(
    ours: Any, pipeline: list[dict[str, Any]], options: Mapping[str, Any] | None = None
) -> Any:
    """MMPose's data set with its own pipeline, on our annotations."""
    from mmpose.registry import DATASETS

    if options is None:
        options = {"type": "CocoDataset", "data_mode": "topdown"}
    return DATASETS.build(
        {
            **options,
            "ann_file": ours.ann_file,
            "data_prefix": dict(ours.data_prefix),
            "test_mode": ours.test_mode,
            "pipeline": pipeline,
        }
    )


def _hands(ours: Any) -> Any:
    """MMPose's transforms of a hand; its own data set fails on `head_size`."""
    size = (256, 256)
    codec = {
        "type": "MSRAHeatmap",
        "input_size": size,
        "heatmap_size": (64, 64),
        "sigma": 1.0,
        "unbiased": True,
    }
    pipeline: list[dict[str, Any]] = [
        {"type": "LoadImage"},
        {"type": "GetBBoxCenterScale"},
        {"type": "TopdownAffine", "input_size": size},
        {"type": "GenerateTarget", "encoder": codec},
        {"type": "PackPoseInputs"},
    ]
    return _peer(ours, pipeline, {"type": "HandCropDataset"})


def same_images(name: str, ours: Any, theirs: Any, peer: str) -> Case:
    """The same images by both.

    Args:
        name: Of the case.
        ours: Our data set.
        theirs: The peer's.
        peer: Its name.

    Raises:
        DataError: They list other images.
    """
    listed = [
        [each.get_data_info(i)["img_id"] for i in range(len(each))]
        for each in (ours, theirs)
    ]
    if listed[0] != listed[1] or not listed[0]:
        raise DataError(
            f"{name}: images of both pipelines",
            expected=f"the same, as ours: {listed[0][:5]}",
            got=str(listed[1][:5]),
            remedy="Speeds on other images are not compared.",
        )
    numbers = range(min(_NUM, len(ours)))
    calls = {
        "mmsia": [partial(ours.__getitem__, i) for i in numbers],
        peer: [partial(theirs.__getitem__, i) for i in numbers],
    }
    return Case(COMPONENT, name, calls)
