"""Crowds of people: COCO keypoints and instance masks with true visibility.

A keypoint has v = 2 if it is really seen, 1 if something (their own body too) lies in
front of it, 0 and no place if it is outside of the image. Boxes, outlines and areas are
of what is seen of a person; an outline is a polygon close to the mask, an area counts
the mask's own pixels. As in COCO, people of at most 32 x 32 pixels have a box and
a mask but no keypoints. A distant group, and those of whom next to nothing is seen, are
one region with iscrowd = 1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.datasets.origin import DESCRIPTION
from mmsia.datasets.simulated.people_flesh import JOINT_DEPTHS, own_parts
from mmsia.datasets.simulated.people_scene import DISTANT, build_scene
from mmsia.datasets.simulated.presets import PEOPLE, PeoplePreset, find_preset
from mmsia.datasets.simulated.preview import Picture
from mmsia.datasets.simulated.rendering.effects import encode_jpeg, photograph
from mmsia.datasets.simulated.rendering.masks import polygons, run_lengths, tight_box
from mmsia.datasets.simulated.rendering.scene import Rendered, render
from mmsia.datasets.simulated.rendering.visibility import visible
from mmsia.datasets.simulated.stick_people import COCO_KEYPOINTS
from mmsia.datasets.simulated.writing import (
    Encoded,
    Finished,
    Progress,
    write_family,
)

FAMILY = "people"
LINKS = (
    *((15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6)),
    *((5, 7), (6, 8), (7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4)),
    *((3, 5), (4, 6)),
)
"""COCO's skeleton, counted from 0."""
# left leg, right leg, trunk, left arm, right arm, face: a colour each
_LIMBS = (0, 0, 1, 1, *(2,) * 4, 3, 4, 3, 4, *(5,) * 7)
_NUMBER = 2
_OWN_PARTS = own_parts()
_SMALL = 32 * 32
# What is seen of somebody or of a crowd, pixels.
_LEAST_SEEN = 80


@dataclass(frozen=True)
class PeopleSample:
    """One picture.

    Attributes:
        image: (H, W, 3) uint8 BGR, before JPEG.
        keypoints: (N, 17, 2) pixels of all people, seen or not.
        flags: (N, 17) 2 seen, 1 hidden, 0 outside of the image.
        quality: JPEG quality of its file.
        rendered: Masks and depth before blur; instance i is person i.
    """

    image: np.ndarray
    keypoints: np.ndarray
    flags: np.ndarray
    quality: int
    rendered: Rendered


def sample(seed: int, index: int, preset: PeoplePreset) -> PeopleSample:
    """Image `index` of a seed: a function of its arguments alone.

    Args:
        seed: Seed of the data set.
        index: Number of the image.
        preset: Difficulty.
    """
    rng = np.random.default_rng([seed, index, _NUMBER])
    built = build_scene(rng, preset)
    camera = built.scene.camera
    rendered = render(built.scene, rng)
    image, quality = photograph(rendered.image, rng, preset)
    keypoints = np.zeros((len(built.people), 17, 2))
    flags = np.zeros((len(built.people), 17), dtype=np.int64)
    for number, person in enumerate(built.people):
        pixels = camera.project(person.keypoints)
        seen = visible(
            rendered,
            camera,
            person.keypoints,
            number,
            _OWN_PARTS,
            JOINT_DEPTHS * person.stature,
        )
        inside = camera.contains(pixels) & (person.keypoints[:, 2] > 0)
        keypoints[number] = pixels
        flags[number] = np.where(seen, 2, np.where(inside, 1, 0))
    return PeopleSample(image, keypoints, flags, quality, rendered)


def picture(made: PeopleSample) -> Picture:
    """A picture for a contact sheet, without those of whom next to nothing is seen."""
    shown = (made.flags == 2).sum(axis=1) >= 3
    return Picture(made.image, made.keypoints[shown], made.flags[shown], LINKS, _LIMBS)


def annotate(made: PeopleSample) -> list[dict[str, Any]]:
    """COCO annotations of a picture, without ids."""
    found, hardly_seen = [], [made.rendered.instances >= DISTANT]
    for number in range(len(made.keypoints)):
        mask = made.rendered.instances == number
        area = int(mask.sum())
        outlines = polygons(mask) if area >= _LEAST_SEEN else []
        if not outlines:
            hardly_seen.append(mask)
            continue
        flags = made.flags[number] if area > _SMALL else np.zeros(17, dtype=np.int64)
        places = np.where(flags[:, None] > 0, made.keypoints[number], 0.0)
        found.append(_annotation(outlines, area, tight_box(mask), places, flags))
    union = np.any(hardly_seen, axis=0)
    area = int(union.sum())
    if area >= _LEAST_SEEN:
        nothing = np.zeros((17, 2)), np.zeros(17, dtype=np.int64)
        region = tight_box(union)
        found.append(_annotation(run_lengths(union), area, region, *nothing))
    return found


def _annotation(
    segmentation: Any,
    area: int,
    region: list[float],
    places: np.ndarray,
    flags: np.ndarray,
) -> dict[str, Any]:
    values = np.column_stack([places, flags]).ravel()
    return {
        "category_id": 1,
        "iscrowd": int(isinstance(segmentation, dict)),
        "bbox": region,
        "area": float(area),
        "segmentation": segmentation,
        "num_keypoints": int((flags > 0).sum()),
        "keypoints": [round(float(value), 2) for value in values],
    }


def encode(seed: int, index: int, preset: PeoplePreset) -> Encoded:
    """File and annotations of an image, see `writing`."""
    made = sample(seed, index, preset)
    name = f"{index + 1:012d}.jpg"
    width, height = preset.size
    record = {
        "image": {"file_name": name, "width": width, "height": height},
        "annotations": annotate(made),
    }
    return Encoded({name: encode_jpeg(made.image, made.quality)}, record)


def finish(records: Sequence[dict[str, Any]], split: str) -> Finished:
    """`annotations/person_keypoints_<split>.json` and `instances_<split>.json`."""
    images = [
        {"id": number, **record["image"]}
        for number, record in enumerate(records, start=1)
    ]
    annotations: list[dict[str, Any]] = []
    for number, record in enumerate(records, start=1):
        for annotation in record["annotations"]:
            ids = {"id": len(annotations) + 1, "image_id": number}
            annotations.append({**ids, **annotation})
    bare = [
        {k: v for k, v in annotation.items() if "keypoints" not in k}
        for annotation in annotations
    ]
    category = {"id": 1, "name": "person", "supercategory": "person"}
    skeleton = [[start + 1, end + 1] for start, end in LINKS]
    joints = {"keypoints": list(COCO_KEYPOINTS), "skeleton": skeleton}
    info = {"description": f"{DESCRIPTION} people", "version": "1"}
    kinds = {
        "person_keypoints": (annotations, {**category, **joints}),
        "instances": (bare, category),
    }
    files = {
        f"annotations/{kind}_{split}.json": _compact(
            {
                "info": info,
                "images": images,
                "annotations": entries,
                "categories": [described],
            }
        )
        for kind, (entries, described) in kinds.items()
    }
    crowds = sum(a["iscrowd"] for a in annotations)
    counts = {
        "images": len(images),
        "people": len(annotations) - crowds,
        "crowd_regions": crowds,
        "keypoints": sum(a["num_keypoints"] for a in annotations),
    }
    return Finished(files, counts)


def _compact(content: dict[str, Any]) -> bytes:
    """JSON without a line for each of many numbers."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return f"{text}\n".encode()


def write_people(
    folder: Path | str,
    num: int | None = None,
    seed: int = 0,
    *,
    preset: str = "smoke",
    split: str = "train2017",
    workers: int = 1,
    on_progress: Progress | None = None,
) -> Path:
    """Write people as COCO lays them out; see `writing.write_family`.

    Args:
        folder: Gets `<split>/` and two files in `annotations/`.
        num: How many images; the preset's number if None.
        seed: Seed; splits need different ones.
        preset: Name in `presets.PEOPLE`.
        split: Name of the split.
        workers: Processes.
        on_progress: Called with images done and images in all.
    """
    chosen = find_preset(PEOPLE, preset)
    return write_family(
        folder,
        FAMILY,
        chosen.num if num is None else num,
        seed,
        chosen,
        encode=encode,
        finish=finish,
        images=split,
        split=split,
        workers=workers,
        on_progress=on_progress,
    )
