"""Any picture becomes a sample of each kind of test set."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmsia.engine.demo_samples import Picture, make_sample
from mmsia.engine.run_config import load_run_config
from mmsia.errors import ConfigError, DataError
from mmsia.paths import project_root

CONFIGS = {
    "people": "gog/gog_hg104_coco19_640_flip.py",
    "single model": "cganet/cganet_512_d1w64.py",
    "cut people": "cganet/separated_256x192_d3w64.py",
    "hands": "siagcn/siagcn_shg_panoptic_10-head.py",
    "objects": "klpnet/cklm_pascal3d_256_3stages.py",
    "detector": "klpnet/dpad_x50_coco.py",
    "two hands": "dir/dir_interhand_256.py",
}


def config_of(name):
    return load_run_config(project_root() / "configs" / CONFIGS[name])


@pytest.fixture
def picture(tmp_path) -> Path:
    """120 x 90, its left half red, its right half blue (RGB)."""
    image = np.zeros((90, 120, 3), np.uint8)
    image[:, :60, 2], image[:, 60:, 0] = 255, 255
    path = tmp_path / "some.png"
    cv2.imwrite(str(path), image)
    return path


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("people", (640, 640)),
        ("single model", (512, 704)),
        ("cut people", (256, 192)),
        ("hands", (256, 256)),
        ("objects", (256, 256)),
        ("detector", (800, 1067)),
        ("two hands", (256, 256)),
    ],
)
def test_every_kind_has_its_input(picture, name, size) -> None:
    category = "car" if name == "objects" else None
    sample = make_sample(config_of(name), Picture(picture, 7, category=category))
    assert sample.data["inputs"].shape == (3, *size)
    about = sample.data["data_samples"].metainfo
    assert about["img_path"] == str(picture)
    if name != "two hands":
        assert sample.image.shape == (90, 120, 3)
        assert sample.image[0, 0].tolist() == [255, 0, 0]


def test_a_box_is_what_is_looked_at(picture) -> None:
    """The blue half alone; in the network's order of channels."""
    for name in ("cut people", "two hands"):
        whole = make_sample(config_of(name), Picture(picture))
        half = make_sample(config_of(name), Picture(picture, box=(60, 0, 60, 90)))
        middle = [int(s.data["inputs"].shape[1] / 2) for s in (whole, half)]
        reds = [
            float((s.data["inputs"][2, m] > 128).float().mean())
            for s, m in zip((whole, half), middle, strict=True)
        ]
        assert reds[0] > 0.4 and reds[1] < reds[0] / 2


def test_two_hands_are_cut_square(picture) -> None:
    sample = make_sample(config_of("two hands"), Picture(picture))
    image = sample.image
    assert image.shape == (256, 256, 3)
    # 120 pixels become 256: 32 rows above and below are outside.
    assert not image[:30].any() and not image[226:].any()
    assert image[128, 20].tolist() == [255, 0, 0]
    assert image[128, 240].tolist() == [0, 0, 255]


def test_what_cannot_be_looked_at_is_named(picture, tmp_path) -> None:
    config = config_of("objects")
    with pytest.raises(ConfigError, match=r"one of aeroplane, .* got 'dog'"):
        make_sample(config, Picture(picture, category="dog"))
    with pytest.raises(DataError, match="no such file"):
        make_sample(config, Picture(tmp_path / "absent.png"))
    (tmp_path / "some.txt").write_text("x")
    with pytest.raises(DataError, match="something else"):
        make_sample(config, Picture(tmp_path / "some.txt"))
    for box in ((130, 0, 5, 5), (0, 0, 0, 5), (-9, -9, 5, 5)):
        with pytest.raises(DataError, match="within 120 x 90 pixels"):
            make_sample(config, Picture(picture, box=box, category="car"))
    config.test_dataloader.dataset.type = "ImageNet"
    with pytest.raises(ConfigError, match="got ImageNet"):
        make_sample(config, Picture(picture))
