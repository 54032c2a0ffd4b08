from __future__ import annotations

import json

import pytest
from mmengine.config import ConfigDict

from mmsia.engine.data_apart import check_apart
from mmsia.errors import DataError
from mmsia.files import sha256_file


@pytest.fixture
def make(tmp_path):
    """Write annotations of some images and return the data set's config."""

    def make(file, names, folder="img/", **more):
        images = [{"id": n, "file_name": name} for n, name in enumerate(names)]
        (tmp_path / file).write_text(json.dumps({"images": images}))
        dataset = {"type": "X", "data_root": f"{tmp_path}/", "ann_file": file}
        return ConfigDict(dataset, data_prefix={"img": folder}, **more)

    return make


def test_images_of_their_own_are_fine(make):
    check_apart(make("a.json", ["1.jpg"]), make("b.json", ["2.jpg"]))
    same_name = make("b.json", ["1.jpg"], "other/")
    check_apart(make("a.json", ["1.jpg"]), same_name)
    wrapped = ConfigDict(type="Repeat", dataset=same_name)
    check_apart(make("a.json", ["1.jpg"]), wrapped)


def test_a_shared_image_is_named_whatever_its_path_is_called(make, tmp_path):
    first = make("a.json", ["1.jpg", "2.jpg"])
    for other in (
        make("b.json", ["2.jpg", "3.jpg"]),
        make("c.json", ["../img/2.jpg"], "elsewhere/"),
        make("d.json", ["img/2.jpg"], ""),
    ):
        with pytest.raises(DataError, match=r"got 1 that are tested on.*img/2\.jpg"):
            check_apart(first, other)


@pytest.mark.parametrize(("tested", "shared"), [([2, 3], 0), ([1, 2], 1)])
def test_parts_of_a_split_are_read(make, tmp_path, tested, shared):
    """Parts have names of their own; what lies in them counts."""
    sets = [
        make("a.json", "abcd", split_file="s.json", parts=part)
        for part in ("val", ["test"])
    ]
    made_from = {"file": "a.json", "sha256": sha256_file(tmp_path / "a.json")}
    split = {"schema": 1, "annotations": made_from}
    parts = {"val": [0, 1], "test": tested}
    (tmp_path / "s.json").write_text(json.dumps({**split, "parts": parts}))
    if shared:
        with pytest.raises(DataError, match="got 1 that are tested on"):
            check_apart(*sets)
    else:
        check_apart(*sets)


def test_missing_annotations_are_named(make, tmp_path):
    first, second = make("a.json", ["1.jpg"]), make("b.json", ["2.jpg"])
    (tmp_path / "b.json").unlink()
    with pytest.raises(DataError, match=r"b\.json"):
        check_apart(first, second)
