"""Where hand models come from: MANO's converted files or the stand-in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmsia.datasets.hand_models import read_hands
from mmsia.datasets.simulated.twohands_model import (
    mirror,
    stand_in,
    write_hand_model,
)
from mmsia.errors import DataError


def test_without_a_folder_the_stand_in_is_taken() -> None:
    hands = read_hands()
    assert hands["right"] is stand_in()
    np.testing.assert_array_equal(
        hands["left"].v_template, stand_in().v_template * [-1, 1, 1]
    )


def test_files_are_read_and_the_left_one_is_mended(tmp_path: Path) -> None:
    write_hand_model(tmp_path / "MANO_RIGHT.npz", stand_in())
    wrong = mirror(stand_in(), shapedirs_bug=True)
    write_hand_model(tmp_path / "MANO_LEFT.npz", wrong)
    hands = read_hands(tmp_path)
    np.testing.assert_array_equal(hands["right"].weights, stand_in().weights)
    np.testing.assert_array_equal(hands["left"].shapedirs, mirror(stand_in()).shapedirs)


def test_missing_files_say_where_to_get_them(tmp_path: Path) -> None:
    write_hand_model(tmp_path / "MANO_LEFT.npz", mirror(stand_in()))
    with pytest.raises(DataError) as caught:
        read_hands(tmp_path)
    message = str(caught.value)
    assert "got no MANO_RIGHT.npz" in message
    assert "https://mano.is.tue.mpg.de" in message and "stand-in" in message
    assert "mmsia convert mano" in message


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write_hand_model(tmp_path / "MANO_RIGHT.npz", stand_in())
    whole = (tmp_path / "MANO_RIGHT.npz").read_bytes()
    (tmp_path / "MANO_LEFT.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"MANO_LEFT\.npz"):
        read_hands(tmp_path)
