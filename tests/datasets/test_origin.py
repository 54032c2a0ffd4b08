"""Made data says so: each family's files alone, the mark of a folder, its manifest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmsia.cli.partial_data import check_simulated
from mmsia.datasets.manifest import read_manifest, write_manifest
from mmsia.datasets.origin import is_simulated, says_simulated, stand_in_name
from mmsia.datasets.preparing.catalogue import find_data_set
from mmsia.datasets.preparing.prepare import prepare
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.datasets.simulated.families import FAMILIES, load_family
from mmsia.datasets.simulated.objects import write_objects
from mmsia.datasets.simulated.objects_mat import annotation_mat

LABELS = {
    "hands": ["annotations/panoptic_train.json"],
    "objects": ["annotations/objects_train.json"],
    "people": [
        "annotations/person_keypoints_train2017.json",
        "annotations/instances_train2017.json",
    ],
    "twohands": [
        "prepared/train.json",
        "annotations/train/InterHand2.6M_train_data.json",
    ],
}


@pytest.mark.parametrize("family", list(FAMILIES))
def test_annotations_of_each_family_say_it_alone(tmp_path: Path, family: str) -> None:
    load_family(family).write(tmp_path / "made", 2, 1, preset="smoke")
    assert is_simulated(tmp_path / "made")
    assert read_manifest(tmp_path / "made").about.simulated
    for name in LABELS[family]:
        alone = tmp_path / "alone" / Path(name).name
        alone.parent.mkdir(exist_ok=True)
        shutil.copy(tmp_path / "made" / name, alone)
        assert says_simulated(alone)
        assert is_simulated(alone.parent, [alone.name])
    assert not is_simulated(tmp_path / "alone")


def test_crowds_say_it(tmp_path: Path) -> None:
    path = write_crowds(tmp_path, 2, 1, with_images=False)
    assert says_simulated(path)


def test_other_files_do_not(tmp_path: Path) -> None:
    path = tmp_path / "val.json"
    for content in ("", "{}", json.dumps({"info": {"description": "COCO 2017"}})):
        path.write_text(content)
        assert not says_simulated(path) and not is_simulated(tmp_path, [path])
    write_manifest(tmp_path, [path])
    assert not is_simulated(tmp_path, ["val.json", "no-such-file.json"])
    write_manifest(tmp_path, [], simulated=True)
    assert is_simulated(tmp_path)


def test_later_files_do_not_take_the_mark_away(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    write_manifest(tmp_path, [tmp_path / "a"], simulated=True)
    write_manifest(tmp_path, [tmp_path / "a"])
    assert is_simulated(tmp_path)


def test_made_mat_files_say_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    path.write_bytes(annotation_mat([], (8, 8), "a.jpg", "ImageNet"))
    assert says_simulated(path)


@pytest.mark.slow
def test_prepared_objects_say_it_in_manifest_and_annotations(tmp_path: Path) -> None:
    made = tmp_path / "made"
    write_objects(made, 3, 1, split="val", layout="pascal3d")
    for path in made.glob("*.json"):
        path.unlink()
    assert not is_simulated(made), "only the .mat files are left to say it"
    done = prepare(find_data_set("pascal3d"), made, tmp_path / "data")
    assert done.about.simulated and is_simulated(done.folder)
    assert says_simulated(done.folder / "annotations/objects_val.json")


def test_a_marked_folder_is_enough(tmp_path: Path) -> None:
    """Of labels that say nothing themselves."""
    release = tmp_path / "made" / "hand143_panopticdb"
    (release / "imgs").mkdir(parents=True)
    image = load_family("hands").write(tmp_path / "hands", 1, 1, preset="smoke")
    stored = json.loads((image.parent / LABELS["hands"][0]).read_text())
    (hand,) = stored["annotations"]
    (listed,) = stored["images"]
    for name in "012":
        picture = image.parent / listed["file_name"]
        shutil.copy(picture, release / "imgs" / f"{name}.jpg")
    points = [hand["keypoints"][i : i + 3] for i in range(0, 63, 3)]
    size = {"img_width": listed["width"], "img_height": listed["height"]}
    labels = {
        "root": [
            {"img_paths": f"imgs/{name}.jpg", "joint_self": points, **size}
            for name in "012"
        ]
    }
    (release / "hands_v143_14817.json").write_text(json.dumps(labels))
    data_set, options = find_data_set("panoptic"), {"allow_partial": True}
    done = prepare(data_set, tmp_path / "made", tmp_path / "first", **options)
    assert not done.about.simulated
    (tmp_path / "made" / "simulated_train.json").write_text("{}")
    done = prepare(data_set, tmp_path / "made", tmp_path / "second", **options)
    assert done.about.simulated and is_simulated(done.folder)
    again = prepare(data_set, done.folder, tmp_path / "third", **options)
    assert again.about.simulated, "and of a folder that was prepared of it"


class _Config(dict):
    """With keys as attributes too, as mmengine's."""

    __getattr__ = dict.__getitem__


def test_train_and_test_tell_it(tmp_path: Path, capsys) -> None:
    path = write_crowds(tmp_path, 2, 1, with_images=False)
    dataset = _Config(
        type="CocoDataset",
        data_root=f"{tmp_path}/",
        ann_file=f"annotations/{path.name}",
        data_prefix=_Config(img="val2017/"),
    )
    config = _Config(test_dataloader=SimpleNamespace(dataset=dataset))
    assert check_simulated(config, ["val_dataloader", "test_dataloader"])
    assert capsys.readouterr().out.startswith("SIMULATED data")
    path.write_text(path.read_text().replace("mmsia simulated", "COCO"))
    assert not check_simulated(config, ["test_dataloader"])
    assert not capsys.readouterr().out


def test_what_stands_in_for_a_set_is_named_after_it() -> None:
    assert stand_in_name("MHP") == "simulated data in the place of MHP"
