from __future__ import annotations

import pytest

from mmsia.datasets.hand_sequences import group_images
from mmsia.errors import DataError


def images(*names):
    return [{"id": i, "file_name": name} for i, name in enumerate(names, start=7)]


def test_entries_that_name_their_sequence_are_believed():
    entries = [{"id": 1, "file_name": "x.jpg", "sequence": 3}]
    assert group_images(entries) == {1: "3"}


def test_frames_of_a_video_and_hands_of_an_image_belong_together():
    found = group_images(
        images("ex2_2.flv_000040_l.jpg", "ex2_2.flv_000090_r.jpg", "0058_01_l.jpg")
    )
    assert found[7] == found[8] != found[9]


def test_numbers_are_cut_into_blocks_of_neighbours():
    names = [f"imgs/{number:08d}.jpg" for number in (0, 99, 100, 199, 200)]
    assert list(group_images(images(*names)).values()) == [
        "imgs/0",
        "imgs/0",
        "imgs/1",
        "imgs/1",
        "imgs/2",
    ]
    assert len(set(group_images(images(*names), block=1000).values())) == 1


def test_the_same_number_in_two_folders_is_two_sequences():
    assert len(set(group_images(images("a/1.jpg", "b/1.jpg")).values())) == 2


def test_a_sequence_for_some_images_only_is_an_error():
    entries = [{"id": 1, "file_name": "1.jpg", "sequence": 3}, *images("2.jpg")]
    with pytest.raises(DataError, match="1 of 2 images"):
        group_images(entries)


def test_a_name_that_says_nothing_is_an_error():
    with pytest.raises(DataError, match=r"the sequence of hand\.jpg"):
        group_images(images("hand.jpg"))
