"""Two interacting hands: images with meshes, joints and cameras that are known.

`sample` makes frame `index` of a seed, `encode` its files, `finish` the annotation in
the published layout of InterHand2.6M (`twohands_files`), beside which the crops lie as
DIR's preparation makes them. Test and stress hands are outside the stand-in model:
annotated is its nearest fit, and the true meshes are written with the crops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mmsia.datasets.simulated.presets import find_preset
from mmsia.datasets.simulated.preview import Picture
from mmsia.datasets.simulated.rendering.rotations import dot, unit
from mmsia.datasets.simulated.twohands_contact import forearm_direction
from mmsia.datasets.simulated.twohands_crop import Crop, cut
from mmsia.datasets.simulated.twohands_files import (
    crop_files,
    frame_files,
    frame_record,
    interhand_files,
)
from mmsia.datasets.simulated.twohands_model import palette
from mmsia.datasets.simulated.twohands_people import (
    CAMERAS,
    NUMBER,
    OUTSIDE_MODEL,
    PLACE,
    SPLITS,
    Person,
    View,
    person,
    stand_in_pair,
    view,
)
from mmsia.datasets.simulated.twohands_poses import PosedHand, draw_pair, place_hand
from mmsia.datasets.simulated.twohands_presets import TWOHANDS, TwoHandsPreset
from mmsia.datasets.simulated.twohands_scene import (
    SIDES,
    Frame,
    draw_frame,
    frame_camera,
    to_camera,
    truncating_shift,
)
from mmsia.datasets.simulated.writing import (
    Encoded,
    Finished,
    Progress,
    write_family,
)
from mmsia.datasets.two_hands_index import index_entry, index_of
from mmsia.errors import InputError
from mmsia.ops.hand_mesh import joints_21, pose_hand

FAMILY = "twohands"
# Cosine of the angle from which on a forearm hides its hand.
_TOWARDS_CAMERA = 0.6
LINKS = tuple((0 if i % 4 == 1 else i - 1, i) for i in range(1, 21))


@dataclass(frozen=True)
class TwoHandsSample:
    """A frame and all that is known about it.

    Attributes:
        index: Number of the frame.
        split: Name of the split.
        owner: Whose hands they are.
        view: The camera.
        truth: "left" and "right" as they are, in the world, metres.
        fits: The same as the stand-in model knows them; within the model, the truth.
        frame: The picture.
        crop: The prepared crop.
    """

    index: int
    split: str
    owner: Person
    view: View
    truth: dict[str, PosedHand]
    fits: dict[str, PosedHand]
    frame: Frame
    crop: Crop

    def vertices(self, side: str) -> np.ndarray:
        """(778, 3) true vertices in the camera's frame, metres."""
        return to_camera(self.view, self.truth[side].vertices)

    def joints(self, side: str) -> np.ndarray:
        """(21, 3) true joints in the camera's frame, metres."""
        world = joints_21(self.owner.models[side], self.truth[side].vertices)
        return to_camera(self.view, world)


def sample(
    seed: int, index: int, preset: TwoHandsPreset, split: str = "train"
) -> TwoHandsSample:
    """Make a frame; the same for the same arguments, whatever else is made.

    Args:
        seed: Seed of the data.
        index: Number of the frame.
        preset: How hard it is.
        split: One of train, val, test, stress: whose hands they are.

    Raises:
        InputError: If there is no such split.
    """
    _check_split(split)
    first, people = SPLITS[split]
    rng = np.random.default_rng([seed, index, NUMBER, first])
    owner = person(seed, split, index % people)
    pair = draw_pair(
        owner.models,
        owner.shape,
        owner.radii,
        rng,
        apart=preset.apart,
        bend=preset.bend,
        spin=preset.spin,
    )
    truth = {side: _move(owner, side, pair[side], PLACE) for side in SIDES}
    camera = _choose_view(seed, owner, truth, rng)
    if rng.random() < preset.truncation:
        intrinsics = frame_camera(camera, preset.size)
        shift = truncating_shift(truth, camera, intrinsics, rng)
        truth = {side: _move(owner, side, truth[side], shift) for side in SIDES}
    fits = {side: _fit(owner, side, truth[side], split) for side in SIDES}
    frame = draw_frame(owner, truth, camera, preset, rng)
    meshes = {
        side: (to_camera(camera, fits[side].vertices), owner.models[side].f)
        for side in SIDES
    }
    colours = palette(stand_in_pair()["right"])
    crop = cut(frame.image, frame.camera, meshes, colours, preset.crop)
    return TwoHandsSample(index, split, owner, camera, truth, fits, frame, crop)


def encode(
    seed: int, index: int, preset: TwoHandsPreset, split: str = "train"
) -> Encoded:
    """The files and the record of a frame, for `writing.write_family`."""
    made = sample(seed, index, preset, split)
    files = frame_files(made) | crop_files(made)
    annotation = files[f"prepared/{split}/anno/{index}.npz"]
    record = frame_record(made)
    entry = index_entry(index, record["image"], annotation, preset.crop)
    return Encoded(files, record | {"crop": entry})


def finish(records: Sequence[dict[str, Any]], split: str) -> Finished:
    """The annotation of a split, for `writing.write_family`."""
    counts = {"images": len(records), "hands": 2 * len(records)}
    index = index_of([record["crop"] for record in records], stand_in_pair())
    files = {**interhand_files(records, split), f"prepared/{split}.json": index}
    return Finished(files, counts)


def write_twohands(
    folder: Path | str,
    num: int | None = None,
    seed: int = 0,
    *,
    preset: str = "smoke",
    split: str = "train",
    workers: int = 1,
    on_progress: Progress | None = None,
) -> Path:
    """Write two hands as InterHand2.6M lies on disk; see `writing.write_family`.

    Args:
        folder: Gets the tree that `twohands_files` describes.
        num: How many images; the preset's number if None.
        seed: Seed; splits may share it.
        preset: Name in `twohands_presets.TWOHANDS`.
        split: One of train, val, test, stress.
        workers: Processes.
        on_progress: Called with images done and images in all.
    """
    chosen = find_preset(TWOHANDS, preset)
    _check_split(split)
    return write_family(
        folder,
        FAMILY,
        chosen.num if num is None else num,
        seed,
        chosen,
        encode=partial(encode, split=split),
        finish=finish,
        images=".",
        split=split,
        workers=workers,
        on_progress=on_progress,
    )


def picture(made: TwoHandsSample) -> Picture:
    """The prepared crop for a contact sheet, with true joints of both hands."""
    points = [made.crop.camera.project(made.joints(side)) for side in SIDES]
    flags = np.where(made.frame.visible, 2, 1)
    return Picture(made.crop.image, np.array(points), flags, LINKS)


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise InputError(
            "a split of two hands", expected=f"one of {', '.join(SPLITS)}", got=split
        )


def _choose_view(
    seed: int, owner: Person, hands: dict[str, PosedHand], rng: np.random.Generator
) -> View:
    """A camera of the capture into which no forearm points, if there is one."""
    chosen = view(seed, owner.capture, 0)
    for number in rng.permutation(CAMERAS).tolist():
        chosen = view(seed, owner.capture, number)
        towards = unit(chosen.position - PLACE)
        arms = [forearm_direction(hand.joints) for hand in hands.values()]
        if max(float(dot(arm, towards)) for arm in arms) < _TOWARDS_CAMERA:
            break
    return chosen


def _move(owner: Person, side: str, hand: PosedHand, shift: np.ndarray) -> PosedHand:
    """Place it anew, so that it is to the bit what its numbers say."""
    return place_hand(
        owner.models[side],
        hand.root,
        hand.pose,
        hand.shape,
        hand.trans + shift,
        hand.radii,
    )


def _fit(owner: Person, side: str, hand: PosedHand, split: str) -> PosedHand:
    """The hand as the stand-in model knows it: same pose, nearest shape and place."""
    if split not in OUTSIDE_MODEL:
        return hand
    model = stand_in_pair()[side]
    here, _ = pose_hand(model, hand.root, hand.pose, owner.fitted, np.zeros(3))
    trans = (hand.vertices - here).sum(axis=0) / len(here)
    return place_hand(model, hand.root, hand.pose, owner.fitted, trans, hand.radii)
