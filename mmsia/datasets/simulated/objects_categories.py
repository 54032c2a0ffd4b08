"""The categories: keypoints in the published order and links drawn by hand.

Neither Pascal3D+ nor ObjectNet3D says which keypoints belong together; the links
follow the objects' edges and axes. Two of the categories exist in ObjectNet3D only.
The train has 16 keypoints, one less than published: the middle of its head's roof is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mmsia.datasets.simulated import objects_cycles as cycles
from mmsia.datasets.simulated import objects_furniture as furniture
from mmsia.datasets.simulated import objects_vehicles as vehicles
from mmsia.datasets.simulated.objects_dice import Dice, Shape
from mmsia.errors import InputError

TRAINING_MODELS, OTHER_MODELS = 48, 24
"""Models of a category: those seen in training come first."""


@dataclass(frozen=True)
class Category:
    """What all objects of a category share.

    Attributes:
        name: Published name.
        keypoints: Names in the published order.
        links: Pairs of numbers of keypoints.
        build: Makes a shape from proportions.
        elevation: (lowest, highest) degrees from which it is looked at.
    """

    name: str
    keypoints: tuple[str, ...]
    links: tuple[tuple[int, int], ...]
    build: Callable[[Dice], Shape]
    elevation: tuple[float, float] = (-5.0, 35.0)


@dataclass(frozen=True)
class CadModel:
    """A rigid model, centred, its longest side 1.

    Attributes:
        vertices: (V, 3) three for every triangle.
        normals: (V, 3).
        faces: (F, 3).
        parts: (F,) number of the piece.
        materials: (F,).
        keypoints: (K, 3) in the category's order.
    """

    vertices: np.ndarray
    normals: np.ndarray
    faces: np.ndarray
    parts: np.ndarray
    materials: np.ndarray
    keypoints: np.ndarray


def _category(
    name: str,
    build: Callable[[Dice], Shape],
    keypoints: str,
    links: str,
    elevation: tuple[float, float] = (-5.0, 35.0),
) -> Category:
    names = tuple(keypoints.split())
    pairs = tuple(
        (int(a), int(b)) for a, b in (pair.split("-") for pair in links.split())
    )
    return Category(name, names, pairs, build, elevation)


_ALL = (
    _category(
        "aeroplane",
        vehicles.aeroplane,
        "left_elevator left_wing noselanding right_elevator right_wing rudder_lower "
        "rudder_upper tail",
        "1-2 4-2 2-7 0-7 3-7 5-7 5-6",
        (-30.0, 40.0),
    ),
    _category(
        "bicycle",
        cycles.bicycle,
        "head_center left_back_wheel left_front_wheel left_handle left_pedal_center "
        "right_back_wheel right_front_wheel right_handle right_pedal_center seat_back "
        "seat_front",
        "0-3 0-7 0-2 0-6 0-10 10-9 9-1 9-5 4-8 1-4 5-8 10-4 10-8",
        (-5.0, 30.0),
    ),
    _category(
        "boat",
        vehicles.boat,
        "head head_down head_left head_right tail_left tail_right tail",
        "0-1 0-2 0-3 2-4 3-5 4-5 4-6 5-6 1-6",
    ),
    _category(
        "bottle",
        furniture.bottle,
        "mouth body body_left body_right bottom bottom_left bottom_right",
        "0-1 1-2 1-3 2-5 3-6 5-4 4-6",
    ),
    _category(
        "bus",
        vehicles.bus,
        "body_back_left_lower body_back_left_upper body_back_right_lower "
        "body_back_right_upper body_front_left_upper body_front_right_upper "
        "body_front_left_lower body_front_right_lower left_back_wheel "
        "left_front_wheel right_back_wheel right_front_wheel",
        "0-1 2-3 1-3 0-2 4-6 5-7 4-5 6-7 1-4 3-5 0-8 8-9 9-6 2-10 10-11 11-7",
    ),
    _category(
        "car",
        vehicles.car,
        "left_front_wheel left_back_wheel right_front_wheel right_back_wheel "
        "upper_left_windshield upper_right_windshield upper_left_rearwindow "
        "upper_right_rearwindow left_front_light right_front_light left_back_trunk "
        "right_back_trunk",
        "0-1 2-3 4-5 6-7 4-6 5-7 8-9 10-11 0-8 2-9 1-10 3-11 4-8 5-9 6-10 7-11",
    ),
    _category(
        "chair",
        furniture.chair,
        "back_upper_left back_upper_right seat_upper_left seat_upper_right "
        "seat_lower_left seat_lower_right leg_upper_left leg_upper_right "
        "leg_lower_left leg_lower_right",
        "0-1 0-2 1-3 2-3 2-4 3-5 4-5 2-6 3-7 4-8 5-9",
    ),
    _category(
        "diningtable",
        furniture.diningtable,
        "leg_upper_left leg_upper_right leg_lower_left leg_lower_right "
        "top_upper_left top_upper_right top_lower_left top_lower_right top_up "
        "top_down top_left top_right",
        "4-8 8-5 5-11 11-7 7-9 9-6 6-10 10-4 0-4 1-5 2-6 3-7",
        (5.0, 45.0),
    ),
    _category(
        "motorbike",
        cycles.motorbike,
        "back_seat front_seat head_center headlight_center left_back_wheel "
        "left_front_wheel left_handle_center right_back_wheel right_front_wheel "
        "right_handle_center",
        "0-1 1-2 2-3 2-6 2-9 2-5 2-8 0-4 0-7",
        (-5.0, 30.0),
    ),
    _category(
        "sofa",
        furniture.sofa,
        "front_bottom_left front_bottom_right seat_bottom_left seat_bottom_right "
        "left_bottom_back right_bottom_back top_left_corner top_right_corner "
        "seat_top_left seat_top_right",
        "0-1 0-2 1-3 2-3 2-8 3-9 8-9 8-6 9-7 6-7 6-4 7-5 4-0 5-1",
        (0.0, 40.0),
    ),
    _category(
        "train",
        vehicles.train,
        "head_left_bottom head_left_top head_right_bottom head_right_top "
        "mid1_left_bottom mid1_left_top mid1_right_bottom mid1_right_top "
        "mid2_left_bottom mid2_left_top mid2_right_bottom mid2_right_top "
        "tail_left_bottom tail_left_top tail_right_bottom tail_right_top",
        "0-1 2-3 1-3 0-2 4-5 6-7 8-9 10-11 12-13 14-15 13-15 12-14 "
        "0-4 4-8 8-12 1-5 5-9 9-13 2-6 6-10 10-14 3-7 7-11 11-15",
    ),
    _category(
        "tvmonitor",
        furniture.tvmonitor,
        "front_bottom_left front_bottom_right front_top_left front_top_right "
        "back_bottom_left back_bottom_right back_top_left back_top_right",
        "0-1 2-3 0-2 1-3 4-5 6-7 4-6 5-7 0-4 1-5 2-6 3-7",
    ),
    _category(
        "bookshelf",
        furniture.bookshelf,
        "bottom1 bottom2 bottom3 bottom4 top1 top2 top3 top4 compartment_bottom1 "
        "compartment_bottom2 compartment_top1 compartment_top2",
        "0-1 1-2 2-3 3-0 4-5 5-6 6-7 7-4 0-4 1-5 2-6 3-7 8-9 10-11 8-10 9-11 "
        "0-8 1-9 4-10 5-11",
    ),
    _category(
        "microwave",
        furniture.microwave,
        "front1 front2 front3 front4 back1 back2 back3 back4 door_corner1 "
        "door_corner2 handl1 handle2",
        "0-1 1-2 2-3 3-0 4-5 5-6 6-7 7-4 0-4 1-5 2-6 3-7 8-9 10-11 1-8 2-9 8-10 9-11",
    ),
)
CATEGORIES: Mapping[str, Category] = {category.name: category for category in _ALL}
"""All categories by name; their order numbers them from 1."""

PASCAL_CATEGORIES = tuple(CATEGORIES)[:12]
"""Those that Pascal3D+ has."""


@lru_cache(maxsize=1100)
def cad_model(name: str, number: int) -> CadModel:
    """A model of a category; the same for every seed, as CAD files are.

    Args:
        name: Name of the category.
        number: From 0; those from `TRAINING_MODELS` on have proportions that training
            models have not.
    """
    category, index = CATEGORIES[name], tuple(CATEGORIES).index(name)
    if not 0 <= number < TRAINING_MODELS + OTHER_MODELS:
        raise InputError(
            f"a model of {name}",
            expected=f"0 to {TRAINING_MODELS + OTHER_MODELS - 1}",
            got=str(number),
        )
    rng = np.random.default_rng([index, number, 4])
    solid, points = category.build(Dice(rng, number >= TRAINING_MODELS))
    vertices = np.concatenate(solid.corners).reshape(-1, 3)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle, size = (low + high) / 2, float((high - low).max())
    keypoints = np.array([points[key] for key in category.keypoints])
    return CadModel(
        (vertices - middle) / size,
        np.concatenate(solid.normals).reshape(-1, 3),
        np.arange(len(vertices)).reshape(-1, 3),
        np.array(solid.parts),
        np.array(solid.materials),
        (keypoints - middle) / size,
    )
