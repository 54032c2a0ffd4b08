"""Given annotations are read, missing ones replaced by crowds that say so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mmsia.bench.data import choose_scale, open_data
from mmsia.bench.terms import Scale
from mmsia.datasets.simulated.crowds import simulate_crowds, write_crowds
from mmsia.errors import ConfigError, DataError


def test_without_data_crowds_are_made_and_mended(tmp_path: Path) -> None:
    first = open_data(Scale.SMOKE, tmp_path)
    assert first.simulated
    assert not first.complete
    assert len(first.records) == 60
    first.truth.path.write_text("half a fi")
    again = open_data(Scale.SMOKE, tmp_path)
    assert again.truth.digest == first.truth.digest


def test_scale_limits_the_images(tmp_path: Path) -> None:
    path = write_crowds(tmp_path / "d", 70, 3, with_images=False)
    assert len(open_data(Scale.SMOKE, tmp_path, ann_file=path).records) == 60
    whole = open_data(Scale.PAPER, tmp_path, ann_file=path)
    assert len(whole.records) == len(whole.truth.annotated()) > 60
    assert not whole.complete


@pytest.mark.parametrize("copied", [False, True])
def test_given_crowds_are_called_made(tmp_path: Path, copied: bool) -> None:
    """In their folder, and as a copy of the annotations alone."""
    path = write_crowds(tmp_path / "d" / "coco", 3, 3, with_images=False)
    if copied:
        path = Path(shutil.copy(path, tmp_path / "alone.json"))
    data = open_data(Scale.PAPER, tmp_path, ann_file=path)
    assert data.simulated and not data.complete
    assert data.name == "simulated data in the place of COCO val2017"
    if not copied:
        below = {"data_root": tmp_path / "d", "allow_partial": True}
        assert open_data(Scale.PAPER, tmp_path, **below).simulated


def test_the_mark_of_a_tree_holds_for_annotations_that_say_nothing(tmp_path) -> None:
    path = write_crowds(tmp_path, 3, 3, with_images=False)
    stored = json.loads(path.read_text())
    del stored["info"]
    path.write_text(json.dumps(stored))
    assert not open_data(Scale.PAPER, tmp_path, ann_file=path).simulated
    (tmp_path / "simulated_val2017.json").write_text("{}")
    assert open_data(Scale.PAPER, tmp_path, ann_file=path).simulated


def test_a_data_root_is_searched(tmp_path: Path) -> None:
    write_crowds(tmp_path / "coco", 3, 3, with_images=False)
    part = open_data(Scale.PAPER, tmp_path, data_root=tmp_path, allow_partial=True)
    assert len(part.records) == 3
    assert not part.complete
    with pytest.raises(DataError, match=r"person_keypoints_val2017\.json"):
        open_data(Scale.PAPER, tmp_path, data_root=tmp_path / "elsewhere")


def test_the_real_part_is_not_complete(samples: Path, tmp_path: Path) -> None:
    path = samples / "coco_val_part" / "person_keypoints_val2017_part.json"
    data = open_data(Scale.PAPER, tmp_path, ann_file=path)
    summary = data.summary()
    assert (summary["num_used"], summary["num_people"]) == (240, 685)
    assert not data.complete and not data.simulated


def test_the_whole_of_val2017_is_known_by_its_counts(tmp_path: Path) -> None:
    """5000 images of which 2346 have annotated keypoints, and one fewer."""
    dataset = simulate_crowds(1, seed=3)
    image, annotation = dataset["images"][0], dataset["annotations"][0]
    dataset["images"] = [{**image, "id": i + 1} for i in range(5000)]
    dataset["annotations"] = [
        {**annotation, "id": i + 1, "image_id": i + 1} for i in range(2346)
    ]
    path = tmp_path / "val.json"
    path.write_text(json.dumps(dataset))
    assert not open_data(Scale.PAPER, tmp_path, ann_file=path).complete, "made"
    del dataset["info"]
    path.write_text(json.dumps(dataset))
    assert open_data(Scale.PAPER, tmp_path, ann_file=path).complete
    assert not open_data(Scale.SMOKE, tmp_path, ann_file=path).complete
    dataset["annotations"].pop()
    path.write_text(json.dumps(dataset))
    assert not open_data(Scale.PAPER, tmp_path, ann_file=path).complete


def test_annotations_of_nobody_are_refused(tmp_path: Path) -> None:
    dataset = simulate_crowds(2, seed=3)
    dataset["annotations"] = []
    path = tmp_path / "nobody.json"
    path.write_text(json.dumps(dataset))
    with pytest.raises(DataError, match="annotates nobody"):
        open_data(Scale.PAPER, tmp_path, ann_file=path)


def test_scale_follows_the_data_unless_given() -> None:
    assert choose_scale(None, has_data=True) is Scale.PAPER
    assert choose_scale(None, has_data=False) is Scale.SMOKE
    assert choose_scale(Scale.MINI, has_data=True) is Scale.MINI
    with pytest.raises(ConfigError, match="--data-root D or --ann-file FILE"):
        choose_scale(Scale.PAPER, has_data=False)
