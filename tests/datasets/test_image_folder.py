"""Images in one folder a class: labels, crops, and what is refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from mmsia.datasets.image_folder import ImageFolderDataset
from mmsia.errors import DataError


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("b", "a")):
        (tmp_path / "val" / name).mkdir(parents=True)
        # blue as OpenCV writes it, and columns that rise from left to right
        image = np.zeros((70, 160, 3), np.uint8)
        image[..., 0] = 200 - 100 * number
        image[..., 2] = np.arange(160)
        cv2.imwrite(str(tmp_path / "val" / name / "0.png"), image)
    return tmp_path


def make(folder, **options):
    chosen = dict(data_prefix=dict(img="val/"), num_classes=2, input_size=56)
    return ImageFolderDataset(str(folder), **{**chosen, **options})


def test_a_test_sees_the_middle_in_the_order_of_names(folder):
    images = make(folder, test_mode=True)
    assert len(images) == 2 and images.metainfo == {"classes": ("a", "b")}
    first, second = images[0], images[1]
    assert (first["data_samples"].gt_label, second["data_samples"].gt_label) == (0, 1)
    assert first["data_samples"].img_path.endswith("a/0.png")
    pixels = first["inputs"]
    assert pixels.shape == (3, 56, 56) and pixels.dtype == torch.uint8
    # 160 x 70 becomes 146 x 64; red, green, blue
    expected = (np.arange(45, 101) + 0.5) * 160 / 146 - 0.5
    np.testing.assert_allclose(pixels[0, 10].numpy(), expected, atol=1)
    assert (pixels[1] == 0).all() and (pixels[2] == 100).all()
    assert (second["inputs"][2] == 200).all()


def test_training_crops_and_mirrors_by_torch_s_generator(folder):
    images = make(folder)

    def draws(seed):
        torch.manual_seed(seed)
        return torch.stack([images[0]["inputs"][0, 0].int() for _ in range(40)])

    rows = draws(0)
    assert torch.equal(rows, draws(0)) and not torch.equal(rows, draws(1))
    mirrored = (rows[:, -1] < rows[:, 0]).float().mean()
    assert 0.2 < mirrored < 0.8
    # columns of the crop: 8 to 100 % of the area
    assert (rows.amax(dim=1) - rows.amin(dim=1)).unique().numel() > 10


def test_what_is_refused(folder):
    with pytest.raises(DataError, match="expected 1000 classes, got 2"):
        make(folder, num_classes=1000)
    with pytest.raises(DataError, match="one folder a class"):
        make(folder, data_prefix=dict(img="train/"))
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match="one folder a class"):
        make(folder, data_prefix=dict(img="empty/"))
