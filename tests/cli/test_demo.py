"""`mmsia demo` draws on pictures, and says what its weights are."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from mmsia.cli.main import main

NARROW = """
_base_ = ["{base}"]
model = dict(
    backbone=dict(depth=18, stem_channels=8, base_channels=8),
    head=dict(in_channels=(16, 32, 64), channels=8, joint_channels=8, features=4),
)
"""


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "some.png"
    image = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)
    cv2.imwrite(str(path), image)
    return path


@pytest.fixture
def config(tmp_path):
    from mmsia.paths import project_root

    base = project_root() / "configs" / "dir" / "dir_interhand_256.py"
    path = tmp_path / "narrow.py"
    path.write_text(NARROW.format(base=base))
    return path


def test_an_untrained_network_is_called_so(config, picture, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert main(["demo", str(config), str(picture), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "NO WEIGHTS: the network is untrained" in shown
    assert f"{picture}: 2 instances: {out / '000-some.png'}" in shown
    # the crop, and the hands from the side
    assert cv2.imread(str(out / "000-some.png")).shape == (256, 512, 3)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["gog/table1/ours-9"], "of gog/table1 .*ours-1"),
        (["gog/table1/personlab"], "a row with a network"),
        (["absent.py"], "no config"),
        (["gog/table1/ours-1", "absent.png"], "no such file"),
    ],
)
def test_what_cannot_be_shown_is_named(words, says, tmp_path, capsys) -> None:
    assert main(["demo", *words, "--work-dir", str(tmp_path)]) == 2
    assert re.search(says, capsys.readouterr().err)


@pytest.mark.slow
def test_a_row_is_trained_and_then_found(tmp_path, capsys) -> None:
    words = ["demo", "siagcn/table1/shg-baseline", "--work-dir", str(tmp_path / "w")]
    words += ["--out", str(tmp_path / "out")]
    assert main(words) == 2
    assert "an IMAGE at least" in capsys.readouterr().err
    assert main([*words, "--train"]) == 0
    shown = capsys.readouterr().out
    assert "is trained first" in shown and "(scale smoke)" in shown
    assert len(list((tmp_path / "out").iterdir())) == 4
    assert main([*words, "--train"]) == 0
    # trained already: the run is found by its key
    assert shown.count("1 instance") == 4
