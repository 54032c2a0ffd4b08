"""Pictures of objects: the same bytes each time, owners and what was let go."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PIL import Image

from mmsia.bench.gallery_objects import FoundObject, ObjectChoice, SeenObjects
from mmsia.report.gallery_objects import (
    _among,
    _draw_links,
    _draw_owners,
    _holders,
    draw_objects,
    objects_csv,
)

LINKS = np.array([[0, 1]])


def found(points: list, box: list, links: np.ndarray = LINKS) -> FoundObject:
    return FoundObject(np.array(points, float).reshape(-1, 2), links, np.array(box))


def seen(number: int = 1) -> SeenObjects:
    """Two objects; the second point of the first lies in both boxes and goes away."""
    first = found([[10, 10], [30, 30]], [0, 0, 40, 40])
    second = found([[50, 50], [32, 32]], [25, 25, 60, 60])
    return SeenObjects(
        ObjectChoice(number, "one category, overlap", 0.5, "worst 1", np.ones((3, 2))),
        np.linspace(0, 1, 80 * 100).reshape(80, 100),
        (first, second),
        (found([[10, 10]], [0, 0, 40, 40], np.zeros((0, 2), int)), second),
    )


def test_who_holds_a_point() -> None:
    plain = seen().plain
    assert _holders(plain[0].points, 0, plain).tolist() == [0, -1]
    assert _holders(plain[1].points, 1, plain).tolist() == [1, -1]
    outside = np.array([[90.0, 5.0], [50, 50]])
    assert _holders(outside, 0, plain).tolist() == [0, 1]
    kept = np.concatenate([each.points for each in seen().settled])
    assert _among(plain[0].points, kept).tolist() == [True, False]
    assert not _among(plain[0].points, np.zeros((0, 2))).any()
    assert _among(np.zeros((0, 2)), kept).shape == (0,)


@pytest.mark.parametrize("draw", [_draw_links, _draw_owners])
def test_the_picture_is_the_same_each_time(draw) -> None:
    picture = draw_objects([seen(1), seen(2), seen(3)], draw, num_columns=2)
    assert picture == draw_objects([seen(1), seen(2), seen(3)], draw, num_columns=2)
    wide = draw_objects([seen(1), seen(2), seen(3)], draw, num_columns=4)
    sizes = [Image.open(io.BytesIO(data)).size for data in (picture, wide)]
    assert sizes[0][0] < sizes[1][0] and sizes[0][1] > sizes[1][1]


def test_nothing_found_is_drawn_as_nothing() -> None:
    empty = found([], [0, 0, 4, 4], np.zeros((0, 2), int))
    choice = seen().choice
    nothing = SeenObjects(choice, np.zeros((8, 8)), (empty,), (empty,))
    for draw in (_draw_links, _draw_owners):
        assert draw_objects([nothing], draw, num_columns=2)[:4] == b"\x89PNG"


def test_lines_of_the_table() -> None:
    lines = list(csv.DictReader(io.StringIO(objects_csv([seen()]))))
    assert lines == [
        {
            "image_id": "1",
            "level": "one category, overlap",
            "why": "worst 1",
            "score": "0.5000",
            "objects": "2",
            "keypoints": "4",
            "keypoints_settled": "3",
            "links": "1",
        }
    ]
