"""The index of prepared crops vouches for their annotations and their hand model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mmsia.datasets.hand_models import read_hands
from mmsia.datasets.simulated.twohands import sample, write_twohands
from mmsia.datasets.simulated.twohands_presets import TWOHANDS
from mmsia.datasets.two_hands_index import (
    hand_model_digest,
    load_two_hands,
    read_index,
)
from mmsia.errors import DataError


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("twohands")
    write_twohands(folder, 3, 5, split="test")
    return folder


@pytest.fixture
def tree(made, tmp_path) -> Path:
    for name in ("prepared", "mano"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path


def test_truth_is_that_of_the_samples(made):
    truth = load_two_hands(made / "prepared" / "test.json")
    assert truth.ids.tolist() == [0, 1, 2]
    assert len(set(truth.sequences.tolist())) == 3  # a person each
    first = sample(5, 0, TWOHANDS["smoke"], "test")
    for hand, side in enumerate(("left", "right")):
        assert np.allclose(truth.vertices[0, hand], first.vertices(side), atol=1e-6)
    assert truth.rows_of([2, 0, 7]).tolist() == [0, 2]


def test_a_model_s_digest_survives_its_file(made):
    stand_in, read = read_hands(), read_hands(made / "mano")
    assert hand_model_digest(stand_in) == hand_model_digest(read)
    assert hand_model_digest({**read, "left": read["right"]}) != hand_model_digest(read)


def test_crops_of_the_stand_in_need_no_model(tree):
    shutil.rmtree(tree / "mano")
    assert len(load_two_hands(tree / "prepared" / "test.json").ids) == 3


def test_what_was_altered_is_named(tree):
    path = tree / "prepared" / "test" / "anno" / "1.npz"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match=r"1.npz is not what its index says"):
        load_two_hands(tree / "prepared" / "test.json")
    path.unlink()
    with pytest.raises(DataError, match=r"1.npz: expected the crop's annotation"):
        load_two_hands(tree / "prepared" / "test.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda index: index | {"schema": 7}, "an index of crops, schema 1"),
        (lambda index: index | {"images": []}, "one at least"),
        (lambda index: index | {"images": 2 * index["images"]}, "6 with 3 numbers"),
        (lambda index: index | {"images": [{"id": 0}]}, "an index of crops"),
        (lambda index: [], "an index of crops"),
    ],
)
def test_what_is_no_index_is_refused(tree, change, words):
    path = tree / "prepared" / "test.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(DataError, match=words):
        read_index(path)


def test_crops_of_another_model_are_refused(tree):
    path = tree / "prepared" / "test.json"
    index = json.loads(path.read_text())
    path.write_text(json.dumps(index | {"hand_model": "0" * 64}))
    with pytest.raises(DataError, match=r"another hand model.*mano\.is\.tue\.mpg\.de"):
        load_two_hands(path)
