"""Hands: one to a crop, 21 keypoints, in the layout of MMPose's PanopticHand2DDataset.

The camera is chosen so that the image is the crop by the paper's rule: a square of 2.2
times the larger side of the keypoints' tight box, centred on it. Frames come in
sequences of one hand, one look and one motion; `sequence` in an image's entry is the
group that a careful split keeps together.

`head_size` is a list with one number, the size that the person's head would have in
the crop: MMPose's PackPoseInputs takes a list for one instance, a bare number as in the
published files makes it fail.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.datasets.origin import DESCRIPTION
from mmsia.datasets.simulated.hands_flesh import joint_depths, own_parts
from mmsia.datasets.simulated.hands_scene import (
    Sequence,
    build_scene,
    sample_sequence,
)
from mmsia.datasets.simulated.hands_skeleton import KEYPOINTS, LINKS
from mmsia.datasets.simulated.presets import HANDS, HandsPreset, find_preset
from mmsia.datasets.simulated.preview import Picture
from mmsia.datasets.simulated.rendering.effects import encode_jpeg, photograph
from mmsia.datasets.simulated.rendering.scene import Rendered, render
from mmsia.datasets.simulated.rendering.visibility import visible
from mmsia.datasets.simulated.writing import (
    Encoded,
    Finished,
    Progress,
    write_family,
)

FAMILY = "hands"
_NUMBER = 1
_OWN_PARTS = own_parts()
# A head is about 1.2 times as high as the hand is long.
_HEAD_OVER_HAND = 1.2


@dataclass(frozen=True)
class HandSample:
    """One crop.

    Attributes:
        image: (size, size, 3) uint8 BGR, before JPEG.
        keypoints: (21, 2) pixels.
        visible: (21,) bool, whether they are really seen.
        depths: (21,) z of the keypoints less the wrist's, mm.
        head_size: Pixels.
        left: Whether it is a left hand.
        sequence: Number of its sequence.
        quality: JPEG quality of its file.
        rendered: Masks and depth before blur.
    """

    image: np.ndarray
    keypoints: np.ndarray
    visible: np.ndarray
    depths: np.ndarray
    head_size: float
    left: bool
    sequence: int
    quality: int
    rendered: Rendered


def sample(seed: int, index: int, preset: HandsPreset) -> HandSample:
    """Image `index` of a seed: a function of its arguments alone.

    Args:
        seed: Seed of the data set.
        index: Number of the image.
        preset: Difficulty.
    """
    number, frame = divmod(index, preset.frames)
    rng = np.random.default_rng([seed, index, _NUMBER])
    sequence = _sequence(seed, number, preset)
    share = frame / max(1, preset.frames - 1)
    built = build_scene(sequence, share, rng, preset)
    rendered = render(built.scene, rng)
    camera = built.scene.camera
    image, quality = photograph(rendered.image, rng, preset)
    image = _outside_is_black(image, rng, preset)
    reach = built.hand.shape.lengths[2].sum() + built.hand.shape.bases[2, 1]
    head = _HEAD_OVER_HAND * reach * camera.focal[0] / sequence.distance
    return HandSample(
        image,
        camera.project(built.joints),
        visible(
            rendered, camera, built.joints, 0, _OWN_PARTS, joint_depths(built.hand)
        ),
        built.joints[:, 2] - built.joints[0, 2],
        float(head),
        built.hand.shape.left,
        number,
        quality,
        rendered,
    )


def picture(made: HandSample) -> Picture:
    """A crop for a contact sheet; fingers have a colour each."""
    flags = np.where(made.visible, 2, 1)[None]
    limbs = [number // 4 for number in range(len(LINKS))]
    return Picture(made.image, made.keypoints[None], flags, LINKS, limbs)


def encode(seed: int, index: int, preset: HandsPreset) -> Encoded:
    """File and annotation of an image, see `writing`."""
    made = sample(seed, index, preset)
    name = f"{index:08d}.jpg"
    flags = np.where(made.visible, 2, 1)
    low, high = made.keypoints.min(axis=0), made.keypoints.max(axis=0)
    (x, y), (width, height) = low, high - low
    corners = ((x, y), (x, y + height), (x + width, y + height), (x + width, y))
    annotation = {
        "keypoints": [
            round(float(value), 3)
            for value in np.column_stack([made.keypoints, flags]).ravel()
        ],
        "num_keypoints": 21,
        "bbox": _rounded((x, y, width, height)),
        "center": _rounded((low + high) / 2),
        "area": round(float(width * height), 3),
        "head_size": [round(made.head_size, 3)],
        "segmentation": [_rounded(np.ravel(corners))],
        "iscrowd": 0,
        "category_id": 1,
        "hand_type": "left" if made.left else "right",
        "keypoint_depths": _rounded(made.depths),
    }
    image = {
        "file_name": name,
        "width": preset.size,
        "height": preset.size,
        "sequence": made.sequence,
    }
    data = encode_jpeg(made.image, made.quality)
    return Encoded({name: data}, {"image": image, "annotation": annotation})


def finish(records: Many[dict[str, Any]], split: str) -> Finished:
    """The annotation file `annotations/panoptic_<split>.json`."""
    images, annotations = [], []
    for number, record in enumerate(records, start=1):
        name = f"imgs/{split}/{record['image']['file_name']}"
        images.append({"id": number, **record["image"], "file_name": name})
        annotations.append({"id": number, "image_id": number, **record["annotation"]})
    skeleton = [[start + 1, end + 1] for start, end in LINKS]
    category = {"id": 1, "name": "hand", "supercategory": "hand"}
    content = {
        "info": {"description": f"{DESCRIPTION} hands", "version": "1"},
        "licenses": "",
        "images": images,
        "annotations": annotations,
        "categories": [
            {**category, "keypoints": list(KEYPOINTS), "skeleton": skeleton}
        ],
    }
    sequences = len({image["sequence"] for image in images})
    seen = sum(a["keypoints"][2::3].count(2.0) for a in annotations)
    counts = {"images": len(images), "sequences": sequences, "visible_keypoints": seen}
    return Finished({f"annotations/panoptic_{split}.json": content}, counts)


def write_hands(
    folder: Path | str,
    num: int | None = None,
    seed: int = 0,
    *,
    preset: str = "smoke",
    split: str = "train",
    workers: int = 1,
    on_progress: Progress | None = None,
) -> Path:
    """Write hands as PanopticHand2DDataset reads them; see `writing.write_family`.

    Args:
        folder: Gets `imgs/<split>/` and `annotations/panoptic_<split>.json`.
        num: How many images; the preset's number if None.
        seed: Seed; splits need different ones.
        preset: Name in `presets.HANDS`.
        split: Name of the split.
        workers: Processes.
        on_progress: Called with images done and images in all.
    """
    chosen = find_preset(HANDS, preset)
    return write_family(
        folder,
        FAMILY,
        chosen.num if num is None else num,
        seed,
        chosen,
        encode=encode,
        finish=finish,
        images=f"imgs/{split}",
        split=split,
        workers=workers,
        on_progress=on_progress,
    )


@lru_cache(maxsize=2)
def _sequence(seed: int, number: int, preset: HandsPreset) -> Sequence:
    """What frames that are made one after the other share."""
    return sample_sequence(np.random.default_rng([seed, number, _NUMBER, 1]), preset)


def _outside_is_black(
    image: np.ndarray, rng: np.random.Generator, preset: HandsPreset
) -> np.ndarray:
    """Black beyond the border of the picture that a crop was taken from, at times."""
    if rng.random() >= preset.occlusion / 2:
        return image
    # a hand lies in the middle 1 / 2.2 of its crop: the band stays outside of it
    wide = int(rng.uniform(0.02, 0.25) * preset.size)
    image = image.copy()
    side = int(rng.integers(4))
    np.rot90(image, side)[:wide] = 0
    return image


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 3) for value in values]
