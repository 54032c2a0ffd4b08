"""Real hands are posed with their own model or not at all; swapped labels are told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmsia.datasets.hand_models import FILES, read_hands
from mmsia.datasets.interhand_prepare import prepare_interhand
from mmsia.datasets.manifest import read_manifest
from mmsia.datasets.origin import SEQUENCE, is_simulated, says_simulated
from mmsia.datasets.simulated.twohands import write_twohands
from mmsia.datasets.simulated.twohands_model import (
    mirror,
    stand_in,
    with_shape,
    write_hand_model,
)
from mmsia.datasets.simulated.twohands_shape import draw_other_shape
from mmsia.datasets.two_hands_index import load_two_hands
from mmsia.errors import DataError, InputError
from mmsia.ops.hand_mesh import HandModel
from tests.datasets.interhand_trees import alter, contents

NUM = 5


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interhand")
    write_twohands(folder, NUM, 5)
    return folder


@pytest.fixture
def real(source: Path, tmp_path: Path) -> Path:
    """The same as if it were real: nothing says that it is simulated."""
    tree = shutil.copytree(source, tmp_path / "real")
    (tree / "simulated_train.json").unlink()
    data = tree / "annotations/train/InterHand2.6M_train_data.json"
    data.write_text(data.read_text().replace(SEQUENCE, "ROM01_Both_Hands"))
    for folder in tree.glob(f"images/train/*/{SEQUENCE}"):
        folder.rename(folder.with_name("ROM01_Both_Hands"))
    shutil.rmtree(tree / "prepared")
    shutil.rmtree(tree / "mano")
    return tree


def licensed() -> HandModel:
    """Not the stand-in, and so near to it that the fits are right; another basis."""
    right = stand_in()
    return replace(
        right,
        v_template=right.v_template + 1e-7,
        hands_components=right.hands_components * np.linspace(0.5, 2, 45)[:, None],
    )


def write_models(folder: Path, right: HandModel, left: HandModel | None = None) -> Path:
    left = mirror(right) if left is None else left
    for side, model in {"right": right, "left": left}.items():
        write_hand_model(folder / FILES[side], model)
    return folder


def prepare(source: Path, target: Path, **options: Any) -> dict[str, int]:
    options = dict(splits=("train",), workers=1, size=64) | options
    return prepare_interhand(source, target, **options)["train"]


def test_real_data_are_never_prepared_with_the_stand_in(real, source, tmp_path) -> None:
    target = tmp_path / "out"
    with pytest.raises(InputError, match=r"MANO's converted.*got none.*mmsia convert"):
        prepare(real, target)
    with pytest.raises(InputError, match=r"got the stand-in of simulated data"):
        prepare(real, target, hands=source / "mano")
    with pytest.raises(DataError, match=r"no MANO_LEFT.npz and no MANO_RIGHT.npz"):
        prepare(real, target, hands=tmp_path)
    assert not target.exists()


def test_simulated_data_take_no_other_hands(source, tmp_path) -> None:
    models = write_models(tmp_path / "mano", licensed())
    with pytest.raises(InputError, match=r"none: these hands are simulated"):
        prepare(source, tmp_path / "out", hands=models)


def test_what_is_prepared_of_made_frames_says_so(source, real, tmp_path) -> None:
    """In index and manifest, and of a copy without the mark of the folder."""
    copied = tmp_path / "copied"
    for kind in ("images", "annotations"):
        shutil.copytree(source / kind, copied / kind)
    for number, tree in enumerate((source, copied)):
        target = tmp_path / str(number)
        prepare(tree, target)
        index = json.loads((target / "prepared/train.json").read_text())
        assert index["source"]["simulated"] is True
        assert read_manifest(target).about.simulated
        assert is_simulated(target)
        assert says_simulated(target / "prepared/train.json")
    target = tmp_path / "of-real"
    prepare(real, target, hands=write_models(tmp_path / "mano", licensed()))
    index = json.loads((target / "prepared/train.json").read_text())
    assert "simulated" not in index["source"]
    assert not is_simulated(target, ["prepared/train.json"])


def test_real_and_simulated_splits_are_not_mixed(source, real, tmp_path) -> None:
    for kind in ("images", "annotations"):
        shutil.copytree(source / kind / "train", real / kind / "val")
    for path in (real / "annotations/val").iterdir():
        path.rename(path.with_name(path.name.replace("_train_", "_val_")))
    shutil.copy(source / "simulated_train.json", real / "simulated_val.json")
    with pytest.raises(DataError, match="simulated ones in val only"):
        prepare(real, tmp_path / "out", splits=("train", "val"))


def test_the_hand_models_lie_beside_the_crops_that_were_posed_by_them(
    real, tmp_path
) -> None:
    models = write_models(tmp_path / "mano", licensed())
    target = tmp_path / "out"
    assert prepare(real, target, hands=models)["prepared"] == NUM
    truth = load_two_hands(target / "prepared/train.json")
    kept = truth.models["right"].v_template
    np.testing.assert_array_equal(kept, licensed().v_template)
    names = json.loads((target / "manifest.json").read_text())["files"]
    assert {f"mano/{name}" for name in FILES.values()} < set(names)
    # Principal numbers, whatever the basis is.
    fits = json.loads(
        (
            real / "annotations/train/InterHand2.6M_train_MANO_NeuralAnnot.json"
        ).read_text()
    )
    with np.load(target / "prepared/train/anno/0.npz") as anno:
        image = json.loads(str(anno["image"]))
        hands = fits[str(image["capture"])][str(image["frame_idx"])]
        for side, model in read_hands(models).items():
            pose = anno[f"{side}_pose"][0] @ model.hands_components
            np.testing.assert_allclose(pose, hands[side]["pose"][3:], atol=1e-9)


def test_a_folder_has_crops_of_one_hand_model(real, tmp_path) -> None:
    target = tmp_path / "out"
    prepare(real, target, hands=write_models(tmp_path / "mano", licensed()))
    thicker = replace(licensed(), v_template=stand_in().v_template * 1.01)
    other = write_models(tmp_path / "other", thicker)
    for missing in (None, "MANO_RIGHT.npz"):
        if missing:
            (target / "mano" / missing).unlink()
        with pytest.raises(DataError, match=r"out/mano/MANO_.*got another one"):
            prepare(real, target, hands=other)


def test_the_published_left_hand_is_mended(real, tmp_path) -> None:
    wrong = mirror(licensed(), shapedirs_bug=True)
    assert not np.array_equal(wrong.shapedirs, mirror(licensed()).shapedirs)
    prepare(real, tmp_path / "a", hands=write_models(tmp_path / "1", licensed()))
    prepare(real, tmp_path / "b", hands=write_models(tmp_path / "2", licensed(), wrong))
    assert contents(tmp_path / "a/prepared") == contents(tmp_path / "b/prepared")


def swap(moments: dict[str, Any], exchange: Callable[[Any], Any]) -> dict[str, Any]:
    return {
        capture: {frame: exchange(entry) for frame, entry in frames.items()}
        for capture, frames in moments.items()
    }


@pytest.mark.parametrize(
    ("kind", "exchange"),
    [
        ("MANO_NeuralAnnot", lambda e: {"left": e["right"], "right": e["left"]}),
        (
            "joint_3d",
            lambda e: (
                e | {"world_coord": e["world_coord"][21:] + e["world_coord"][:21]}
            ),
        ),
    ],
)
def test_exchanged_labels_are_told_before_anything_is_written(
    source, tmp_path, kind, exchange
) -> None:
    tree = shutil.copytree(source, tmp_path / "src")
    alter(tree, kind, lambda content: swap(content, exchange))
    with pytest.raises(
        DataError, match=rf"{NUM} of which are nearer.*left and right are swapped"
    ):
        prepare(tree, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_hand_model_is_told_by_the_published_joints(real, tmp_path) -> None:
    other = replace(licensed(), v_template=stand_in().v_template * 1.6)
    models = write_models(tmp_path / "mano", other)
    with pytest.raises(DataError, match=r"within 30 mm.*hand model is not the one"):
        prepare(real, tmp_path / "out", hands=models)
    assert not (tmp_path / "out").exists()


def test_hands_of_somebody_else_s_size_still_pass(real, tmp_path) -> None:
    """The check tells models apart, not people: fits are some millimetres off."""
    someone = with_shape(licensed(), draw_other_shape(np.random.default_rng(3)))
    counts = prepare(
        real, tmp_path / "out", hands=write_models(tmp_path / "mano", someone)
    )
    assert counts["prepared"] == NUM


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (
            "MANO_NeuralAnnot",
            lambda e: {
                side: hand | {"trans": [1000 * x for x in hand["trans"]]}
                for side, hand in e.items()
            },
        ),
        (
            "joint_3d",
            lambda e: (
                e | {"world_coord": [[x / 1000 for x in p] for p in e["world_coord"]]}
            ),
        ),
    ],
)
def test_other_units_are_told(source, tmp_path, kind, change) -> None:
    tree = shutil.copytree(source, tmp_path / "src")
    alter(tree, kind, lambda content: swap(content, change))
    with pytest.raises(DataError, match="units are not millimetres for joints"):
        prepare(tree, tmp_path / "out")


def test_joints_must_be_known_to_compare_with(source, tmp_path) -> None:
    tree = shutil.copytree(source, tmp_path / "src")
    alter(tree, "joint_3d", lambda content: {})
    with pytest.raises(DataError, match=r"3D joints of split train.*got none"):
        prepare(tree, tmp_path / "out")
