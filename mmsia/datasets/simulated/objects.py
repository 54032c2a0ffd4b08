"""Rigid objects of fourteen categories with keypoints and links of their own.

Written as Pascal3D+ or ObjectNet3D (`objects_mat`), or as plain images; in each case
with a COCO file, `annotations/objects_<split>.json`, in which every category has
keypoints and a skeleton, masks are RLE and v = 0, 1, 2 is what is outside of the
image, hidden and really seen. A third of the test split's models and some of its
viewpoints are those of training, the others lie outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from mmsia.datasets.origin import DESCRIPTION
from mmsia.datasets.simulated.objects_categories import CATEGORIES, PASCAL_CATEGORIES
from mmsia.datasets.simulated.objects_mat import annotation_mat, cad_mat
from mmsia.datasets.simulated.objects_presets import OBJECTS, ObjectsPreset
from mmsia.datasets.simulated.objects_scene import (
    SPLITS,
    TRUNCATED,
    VISIBLE,
    Thing,
    draw_things,
)
from mmsia.datasets.simulated.presets import find_preset
from mmsia.datasets.simulated.preview import Picture
from mmsia.datasets.simulated.rendering.effects import encode_jpeg, photograph
from mmsia.datasets.simulated.rendering.scene import Rendered
from mmsia.datasets.simulated.writing import (
    Encoded,
    Finished,
    Progress,
    write_family,
)
from mmsia.errors import InputError

FAMILY = "objects"
LAYOUTS = ("coco", "pascal3d", "objectnet3d")
_NUMBER = 4


@dataclass(frozen=True)
class ObjectsSample:
    """A picture of objects.

    Attributes:
        image: (h, w, 3) uint8 BGR, before JPEG.
        quality: JPEG quality of its file.
        things: What is to be seen in it; one at least.
        rendered: The picture before blur, darkness and noise.
    """

    image: np.ndarray
    quality: int
    things: list[Thing]
    rendered: Rendered


def sample(
    seed: int,
    index: int,
    preset: ObjectsPreset,
    split: str = "train",
    names: Sequence[str] = tuple(CATEGORIES),
) -> ObjectsSample:
    """Make a picture; a function of its arguments alone.

    First objects go through the categories in turns, so that each is there.

    Args:
        seed: Seed of the data.
        index: Number of the picture.
        preset: How hard it is.
        split: train, val, test or overfit.
        names: Categories to choose from.
    """
    _check("split of objects", split, SPLITS)
    rng = np.random.default_rng([seed, index, _NUMBER, SPLITS.index(split)])
    things: list[Thing] = []
    while not things:
        # All objects can be hidden: then the picture is drawn again.
        first = names[index % len(names)]
        rendered, things = draw_things(first, names, preset, split, rng)
    image, quality = photograph(rendered.image, rng, preset)
    return ObjectsSample(image, quality, things, rendered)


def encode(
    seed: int,
    index: int,
    preset: ObjectsPreset,
    split: str = "train",
    layout: str = "coco",
) -> Encoded:
    """The files and the record of a picture, for `writing.write_family`."""
    pascal = layout == "pascal3d"
    names = PASCAL_CATEGORIES if pascal else tuple(CATEGORIES)
    made = sample(seed, index, preset, split, names)
    data = encode_jpeg(made.image, made.quality)
    stem, size = f"{split}_{index:08d}", preset.size
    files: dict[str, bytes] = {}
    classes = list(dict.fromkeys(thing.category.name for thing in made.things))
    if pascal:
        path = f"Images/{classes[0]}_pascal/{stem}.jpg"
        for name in classes:
            files[f"Images/{name}_pascal/{stem}.jpg"] = data
            files[f"Annotations/{name}_pascal/{stem}.mat"] = annotation_mat(
                made.things, size, f"{stem}.jpg", "PASCAL3D+", name
            )
    elif layout == "objectnet3d":
        path = f"Images/{stem}.JPEG"
        files[path] = data
        files[f"Annotations/{stem}.mat"] = annotation_mat(
            made.things, size, f"{stem}.JPEG", "ObjectNet3D"
        )
    else:
        path = f"{split}/{stem}.jpg"
        files[path] = data
    image = {"file_name": path, "width": size[0], "height": size[1]}
    record = {
        "image": image,
        "annotations": [_annotation(thing) for thing in made.things],
        "classes": classes,
        "stem": stem,
    }
    return Encoded(files, record)


def _annotation(thing: Thing) -> dict[str, Any]:
    """COCO's entry of an object, without its ids."""
    seen = np.where(thing.status == VISIBLE, 2, 1)
    seen = np.where(thing.status == TRUNCATED, 0, seen)
    points = np.where(seen[:, None] > 0, thing.keypoints, 0.0)
    flat = np.column_stack([points, seen]).reshape(-1)
    rle = coco_mask.encode(np.asfortranarray(thing.mask.astype(np.uint8)))
    rows, columns = np.flatnonzero(thing.mask.any(1)), np.flatnonzero(thing.mask.any(0))
    width = int(columns[-1] - columns[0]) + 1
    height = int(rows[-1] - rows[0]) + 1
    view = thing.viewpoint
    return {
        "category_id": tuple(CATEGORIES).index(thing.category.name) + 1,
        "bbox": [int(columns[0]), int(rows[0]), width, height],
        "area": int(thing.mask.sum()),
        "iscrowd": 0,
        "segmentation": {"size": list(rle["size"]), "counts": rle["counts"].decode()},
        "keypoints": [round(float(value), 3) for value in flat],
        "num_keypoints": int((seen > 0).sum()),
        "cad_index": thing.cad_index + 1,
        "truncated": int(thing.truncated),
        "occluded": int(thing.occluded),
        "difficult": int(thing.difficult),
        "seen_share": round(thing.share, 4),
        "viewpoint": {key: round(float(v), 6) for key, v in vars(view).items()},
    }


def finish(
    records: Sequence[dict[str, Any]], split: str, layout: str = "coco"
) -> Finished:
    """Annotation, lists of images and models, for `writing.write_family`."""
    images, annotations = [], []
    for number, record in enumerate(records, start=1):
        images.append({"id": number, **record["image"]})
        for entry in record["annotations"]:
            ids = {"id": len(annotations) + 1, "image_id": number}
            annotations.append(ids | entry)
    files: dict[str, Any] = {
        f"annotations/objects_{split}.json": {
            "info": {"description": f"{DESCRIPTION} objects", "version": "1"},
            "licenses": [],
            "images": images,
            "annotations": annotations,
            "categories": coco_categories(),
        }
    }
    if layout == "pascal3d":
        lists = "PASCAL/VOCdevkit/VOC2012/ImageSets/Main"
        for name in PASCAL_CATEGORIES:
            files[f"CAD/{name}.mat"] = cad_mat(name)
            lines = [
                f"{r['stem']} {' 1' if name in r['classes'] else '-1'}" for r in records
            ]
            files[f"{lists}/{name}_{split}.txt"] = _lines(lines)
    elif layout == "objectnet3d":
        files |= {f"CAD/mat/{name}.mat": cad_mat(name) for name in CATEGORIES}
        files[f"Image_sets/{split}.txt"] = _lines([r["stem"] for r in records])
    return Finished(files, {"images": len(images), "annotations": len(annotations)})


def coco_categories() -> list[dict[str, Any]]:
    """COCO's categories; links count keypoints from 1."""
    return [
        {
            "id": number,
            "name": category.name,
            "supercategory": "object",
            "keypoints": list(category.keypoints),
            "skeleton": [[a + 1, b + 1] for a, b in category.links],
        }
        for number, category in enumerate(CATEGORIES.values(), start=1)
    ]


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def write_objects(
    folder: Path | str,
    num: int | None = None,
    seed: int = 0,
    *,
    preset: str = "smoke",
    split: str = "train",
    layout: str = "coco",
    workers: int = 1,
    on_progress: Progress | None = None,
) -> Path:
    """Write objects in one of the `LAYOUTS`; see `writing.write_family`.

    Args:
        folder: The data folder.
        num: How many images; the preset's number if None.
        seed: Seed; splits may share it.
        preset: Name in `objects_presets.OBJECTS`.
        split: train, val, test or overfit.
        layout: coco, pascal3d (its twelve categories) or objectnet3d.
        workers: Processes.
        on_progress: Called with images done and images in all.
    """
    _check("split of objects", split, SPLITS)
    _check("layout of objects", layout, LAYOUTS)
    chosen = find_preset(OBJECTS, preset)
    return write_family(
        folder,
        FAMILY if layout == "coco" else f"{FAMILY} as {layout}",
        chosen.num if num is None else num,
        seed,
        chosen,
        encode=partial(encode, split=split, layout=layout),
        finish=partial(finish, layout=layout),
        images=".",
        split=split,
        workers=workers,
        on_progress=on_progress,
    )


def picture(made: ObjectsSample) -> Picture:
    """The picture for a contact sheet, with the keypoints of all its objects."""
    links, start = [], 0
    for thing in made.things:
        links += [(a + start, b + start) for a, b in thing.category.links]
        start += len(thing.keypoints)
    points = np.concatenate([thing.keypoints for thing in made.things])
    status = np.concatenate([thing.status for thing in made.things])
    flags = np.where(status == VISIBLE, 2, np.where(status == TRUNCATED, 0, 1))
    return Picture(made.image, points[None], flags[None], links)


def _check(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InputError(f"a {what}", expected=f"one of {', '.join(known)}", got=value)
