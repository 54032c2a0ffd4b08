"""Keypoints of categories of rigid objects, and the links among them.

Names and their order are those of the public annotation of Pascal3D+ and ObjectNet3D
(its own spellings kept). Neither has links: these are drawn by hand along the objects'
edges and axes, and are this project's, not the paper's, which prints pictures only.

ObjectNet3D numbers corners without saying which is which: four numbers of a kind are
taken for a ring, and equal numbers of two rings for corners one above the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from mmsia.errors import InputError


@dataclass(frozen=True)
class ObjectSkeleton:
    """What all objects of a category share.

    Attributes:
        name: Category, as ObjectNet3D and Pascal3D+ call it.
        keypoints: Names, in the annotation's order.
        links: Pairs of numbers of keypoints, first < second.
    """

    name: str
    keypoints: tuple[str, ...]
    links: tuple[tuple[int, int], ...]


def _skeleton(name: str, keypoints: str, chains: str) -> ObjectSkeleton:
    """Chains of numbers of keypoints, each linked to the next: "0-1-2 4-5"."""
    ends = (pairwise(map(int, chain.split("-"))) for chain in chains.split())
    links = sorted((min(pair), max(pair)) for chain in ends for pair in chain)
    return ObjectSkeleton(name, tuple(keypoints.split()), tuple(links))


PASCAL3D_SHORT = {
    "aero": "aeroplane",
    "bike": "bicycle",
    "boat": "boat",
    "bottle": "bottle",
    "bus": "bus",
    "car": "car",
    "chair": "chair",
    "table": "diningtable",
    "moto": "motorbike",
    "sofa": "sofa",
    "train": "train",
    "tv": "tvmonitor",
}
"""Name in tables such as KLPNet's Table 3 -> category of Pascal3D+."""

_PASCAL3D = (
    _skeleton(
        "aeroplane",
        "left_elevator left_wing noselanding right_elevator right_wing "
        "rudder_lower rudder_upper tail",
        "1-2-4 2-7-0 3-7-5-6",
    ),
    _skeleton(
        "bicycle",
        "head_center left_back_wheel left_front_wheel left_handle "
        "left_pedal_center right_back_wheel right_front_wheel right_handle "
        "right_pedal_center seat_back seat_front",
        "0-3 0-7 0-2 0-6 0-10-9-1-4-8-5-9 10-4 10-8",
    ),
    _skeleton(
        "boat",
        "head head_down head_left head_right tail_left tail_right tail",
        "0-1-6-4-2-0-3-5-4 5-6",
    ),
    _skeleton(
        "bottle",
        "mouth body body_left body_right bottom bottom_left bottom_right",
        "0-1-2-5-4-6-3-1",
    ),
    _skeleton(
        "bus",
        "body_back_left_lower body_back_left_upper body_back_right_lower "
        "body_back_right_upper body_front_left_upper body_front_right_upper "
        "body_front_left_lower body_front_right_lower left_back_wheel "
        "left_front_wheel right_back_wheel right_front_wheel",
        "0-1-3-2-0-8-9-6-4-5-7-6 1-4 3-5 2-10-11-7",
    ),
    _skeleton(
        "car",
        "left_front_wheel left_back_wheel right_front_wheel right_back_wheel "
        "upper_left_windshield upper_right_windshield upper_left_rearwindow "
        "upper_right_rearwindow left_front_light right_front_light "
        "left_back_trunk right_back_trunk",
        "0-1-10-11-3-2-9-8-0 4-5-7-6-4-8 5-9 6-10 7-11",
    ),
    _skeleton(
        "chair",
        "back_upper_left back_upper_right seat_upper_left seat_upper_right "
        "seat_lower_left seat_lower_right leg_upper_left leg_upper_right "
        "leg_lower_left leg_lower_right",
        "0-1-3-2-0 2-4-5-3-7 2-6 4-8 5-9",
    ),
    _skeleton(
        "diningtable",
        "leg_upper_left leg_upper_right leg_lower_left leg_lower_right "
        "top_upper_left top_upper_right top_lower_left top_lower_right top_up "
        "top_down top_left top_right",
        "4-8-5-11-7-9-6-10-4-0 1-5 2-6 3-7",
    ),
    _skeleton(
        "motorbike",
        "back_seat front_seat head_center headlight_center left_back_wheel "
        "left_front_wheel left_handle_center right_back_wheel right_front_wheel "
        "right_handle_center",
        "0-1-2-3 2-6 2-9 2-5 2-8 0-4 0-7",
    ),
    _skeleton(
        "sofa",
        "front_bottom_left front_bottom_right seat_bottom_left seat_bottom_right "
        "left_bottom_back right_bottom_back top_left_corner top_right_corner "
        "seat_top_left seat_top_right",
        "0-1-3-2-0-4-6-8-2 3-9-8 9-7-6 7-5-1",
    ),
    _skeleton(
        "train",
        "head_left_bottom head_left_top head_right_bottom head_right_top head_top "
        "mid1_left_bottom mid1_left_top mid1_right_bottom mid1_right_top "
        "mid2_left_bottom mid2_left_top mid2_right_bottom mid2_right_top "
        "tail_left_bottom tail_left_top tail_right_bottom tail_right_top",
        "0-1-3-2-0-5-6-1 7-8-3 9-10-6 11-12-8 13-14-16-15-13-9-5 10-14 "
        "2-7-11-15 12-16 1-4-3",
    ),
    _skeleton(
        "tvmonitor",
        "front_bottom_left front_bottom_right front_top_left front_top_right "
        "back_bottom_left back_bottom_right back_top_left back_top_right",
        "0-1-3-2-0-4-5-7-6-4 1-5 2-6 3-7",
    ),
)
_OBJECTNET3D = (
    _skeleton(
        "bookshelf",
        "bottom1 bottom2 bottom3 bottom4 top1 top2 top3 top4 compartment_bottom1 "
        "compartment_bottom2 compartment_top1 compartment_top2",
        "0-1-2-3-0-4-5-6-7-4-10-11-9-8-10 1-5-11 2-6 3-7 0-8 1-9",
    ),
    _skeleton(
        "microwave",
        "front1 front2 front3 front4 back1 back2 back3 back4 door_corner1 "
        "door_corner2 handl1 handle2",
        "0-1-2-3-0-4-5-6-7-4 1-5 2-6 3-7 8-9-2 10-11-9 1-8-10",
    ),
    _skeleton(
        "bed",
        "mattress1 mattress2 mattress3 mattress4 frame_front1 frame_front2 "
        "frame_front3 frame_front4 frame_back1 frame_back2 frame_back3 frame_back4 "
        "bedpost_bottom1 bedpost_bottom2 bedpost_bottom3 bedpost_bottom4 "
        "bedpost_top1 bedpost_top2 bedpost_top3 bedpost_top4",
        "0-1-2-3-0 4-5-6-7-4 8-9-10-11-8 12-16 13-17 14-18 15-19 0-12 1-13 2-14 "
        "3-15 4-12 5-13 8-14 9-15",
    ),
    _skeleton(
        "cabinet",
        "bottom1 bottom2 bottom3 bottom4 bottom5 bottom6 bottom7 bottom8 top1 top2 "
        "top3 top4 top5 top6 top7 top8",
        "0-1-2-3-4-5-6-7-0 8-9-10-11-12-13-14-15-8 0-8 1-9 2-10 3-11 4-12 5-13 "
        "6-14 7-15",
    ),
    _skeleton(
        "guitar",
        "head_top neck_upper neck_lower front_body1 front_body2 front_body3 "
        "front_body4 front_body5 front_body6 front_body7 back_body1 back_body2 "
        "back_body3 back_body4 back_body5 back_body6 back_body7 back_body8",
        "0-1-2-3-4-5-6-7-8-9-3 10-11-12-13-14-15-16-17-10 3-10 4-11 5-12 6-13 "
        "7-14 8-15 9-16",
    ),
    _skeleton(
        "piano",
        "key1 key2 key3 key4 front1 front2 front3 front4 body_top1 body_top2 "
        "body_top3 body_top4 top_lid1 top_lid2 top_lid3 top_lid4 bottom1 bottom2 "
        "bottom3 bottom4 pedal_center",
        "0-1-2-3-0 4-5-6-7-4 8-9-10-11-8 12-13-14-15-12 16-17-18-19-16 8-16 9-17 "
        "10-18 11-19 0-4-8-12 1-5-9-13 16-20-17",
    ),
    _skeleton(
        "helmet",
        "top_center front_left front_center front_right back_left back_center "
        "back_right eyes1 eyes2 eyes3 eyes4",
        "1-2-3-6-5-4-1 2-0-5 7-8-9-10-7 1-7 3-8",
    ),
    _skeleton(
        "speaker",
        "body_front1 body_front2 body_front3 body_front4 body_back1 body_back2 "
        "body_back3 body_back4 first_meshcap1 first_meshcap2 first_meshcap3 "
        "first_meshcap4 second_meshcap1 second_meshcap2 second_meshcap3 "
        "second_meshcap4",
        "0-1-2-3-0 4-5-6-7-4 0-4 1-5 2-6 3-7 8-9-10-11-8 12-13-14-15-12 0-8 1-9 "
        "2-14 3-15",
    ),
    _skeleton(
        "knife",
        "blade1 blade2 blade3 spine1 spine2 spine3 handle1 handle2 handle3 handle4",
        "0-1-2-5-4-3-0 6-7-8-9-6 2-6 5-7",
    ),
    _skeleton(
        "printer",
        "bottom1 bottom2 bottom3 bottom4 top1 top2 top3 top4",
        "0-1-2-3-0 4-5-6-7-4 0-4 1-5 2-6 3-7",
    ),
)

SKELETONS: Mapping[str, ObjectSkeleton] = MappingProxyType(
    {skeleton.name: skeleton for skeleton in (*_PASCAL3D, *_OBJECTNET3D)}
)
"""All tables, by category."""

PASCAL3D = tuple(skeleton.name for skeleton in _PASCAL3D)
"""The twelve categories of Pascal3D+, in Table 3's order."""

TABLE5: Mapping[str, str | None] = MappingProxyType(
    {
        "bed": "bed",
        "sofa": "sofa",
        "bookshelf": "bookshelf",
        "chair": "chair",
        "monitor": "tvmonitor",
        "cabinet": "cabinet",
        "microwave": "microwave",
        "console": None,
        "guitar": "guitar",
        "car": "car",
        "bus": "bus",
        "aircraft": "aeroplane",
        "mirror": None,
        "piano": "piano",
        "helmet": "helmet",
        "loudspeaker": "speaker",
        "knife": "knife",
        "printer": "printer",
    }
)
"""Columns of Table 5 -> category; None: ObjectNet3D has no category of that name."""


def find_skeleton(name: str) -> ObjectSkeleton:
    """The table of a category.

    Args:
        name: Of the category.

    Raises:
        InputError: A category without a table.
    """
    if name not in SKELETONS:
        raise InputError(
            "links of a category",
            expected=f"one of {', '.join(SKELETONS)}",
            got=repr(name),
            remedy="Add a table to mmsia/datasets/object_skeletons.py, or give CLPGM "
            "has_links=False for it",
        )
    return SKELETONS[name]


def have_links(names: Sequence[str]) -> list[bool]:
    """Which categories have a table: `has_links` of CLPGM.

    Args:
        names: Of categories.
    """
    return [name in SKELETONS for name in names]
