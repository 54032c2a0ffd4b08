from __future__ import annotations

import json

import numpy as np
import pytest

from mmsia.datasets.hand_annotations import load_hand_annotations
from mmsia.datasets.simulated.hands import write_hands
from mmsia.errors import DataError


def test_simulated_hands_are_read(tmp_path):
    write_hands(tmp_path, 6, 3, split="val")
    found = load_hand_annotations(tmp_path / "annotations" / "panoptic_val.json")
    assert found.num_images == 6
    assert found.keypoints.shape == (6, 21, 2) and found.labelled.all()
    assert found.groups.tolist() == ["0"] * 4 + ["1"] * 2
    np.testing.assert_array_equal(found.rows_of([5, 2]), [1, 4])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda stored: stored.pop("images"), "KeyError"),
        (lambda stored: stored["annotations"][0]["keypoints"].pop(), "ValueError"),
        (lambda stored: stored["annotations"][0].update(image_id=99), "KeyError"),
        (lambda stored: stored["annotations"][1].update(id=1), "2 hands, 1 numbers"),
        (lambda stored: stored.update(annotations=[]), "0 hands"),
    ],
)
def test_other_structures_are_refused(tmp_path, change, words):
    write_hands(tmp_path, 2, 3, split="val")
    path = tmp_path / "annotations" / "panoptic_val.json"
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(stored))
    with pytest.raises(DataError, match=words):
        load_hand_annotations(path)
