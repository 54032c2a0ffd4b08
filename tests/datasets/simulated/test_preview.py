"""Contact sheets put keypoints where they belong."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmsia.datasets.simulated.preview import (
    Picture,
    contact_sheet,
    write_contact_sheet,
)
from mmsia.errors import InputError


def _picture(flags: tuple[int, int, int]) -> Picture:
    image = np.zeros((50, 100, 3), dtype=np.uint8)
    points = np.array([[[20.0, 10.0], [70.0, 40.0], [90.0, 10.0]]])
    return Picture(image, points, np.array([flags]), [(0, 1), (1, 2)])


def test_keypoints_and_links_are_scaled_with_the_image() -> None:
    sheet = contact_sheet([_picture((2, 2, 0))], 200)
    assert sheet.shape == (200, 400, 3)
    drawn = sheet[:100, 200:]
    white = np.argwhere((drawn > 250).all(-1))
    # twice as large: pixel 20 has its middle between 40 and 41
    for row, column in ((20.5, 40.5), (80.5, 140.5)):
        distance = np.abs(white - (row, column)).max(1)
        assert distance.min() <= 1
    assert not (drawn[15:25, 175:190] > 0).any()
    middle = drawn[45:56, 85:96]
    assert (middle.max(-1) > 100).any()
    assert (sheet[100:] == 255).all()
    assert (sheet[:100, :200] == 0).all()


def test_hidden_keypoints_are_hollow() -> None:
    seen, hidden = (
        contact_sheet([_picture((flag, 0, 0))], 400)[:200, 400:].sum()
        for flag in (2, 1)
    )
    assert 0 < hidden < seen


def test_sheets_are_small_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noisy = rng.integers(0, 256, (300, 300, 3), dtype=np.uint8)
    points, flags = np.array([[[9.0, 9.0]]]), np.array([[2]])
    path = tmp_path / "sheet.png"
    write_contact_sheet(path, [Picture(noisy, points, flags, [])] * 12)
    assert path.stat().st_size < 500_000
    assert cv2.imread(str(path)).shape[0] >= 4 * 64
    with pytest.raises(InputError, match="at least one"):
        contact_sheet([])
